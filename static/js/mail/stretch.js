/**
 * The stretch of a long list that is in the page. Of a folder of 200,000 there are never more than some hundred rows:
 * what was scrolled past leaves its height behind and is asked for again, as it is by then, when one comes back to it.
 *
 * A piece is what one request brought: the rows after the cursor `after`, down to the row of the order `last`.
 *
 * @typedef {{after: string, until: string, last: string, height: number, count: number}} Piece
 */

import { $, $$, request } from "../page.js";

const MOST_ROWS = 300;
const NEAR = 800; // pixels
const FAR = 2_000; // above what is loaded: nearer pieces are not worth loading on the way

export class StretchOfRows {
  /** @param {import("./list.js").MailList} list */
  constructor(list) {
    this.list = list;
    this.root = list.root;
    this.set = list.set;
    this.reset();
  }

  /** Only folders: results of a search are read to their end, or asked for more narrowly. */
  get isUsed() { return Boolean(this.root.dataset.changesUrl); }

  /** The list was read anew. */
  reset() {
    /** @type {Piece[]} what is above the page */
    this.above = [];
    const { after = "", until = "" } = this.root.dataset;
    /** @type {Piece[]} what is in the page */
    this.pieces = [this.piece(after, until, this.list.rows)];
    this.setGap(0);
  }

  piece(after, until, rows) { return { after, until, last: rows.at(-1)?.dataset.order ?? "", height: 0, count: rows.length }; }

  setGap(height) {
    this.gap = height;
    this.set.style.paddingTop = height ? `${height}px` : "";
    this.root.dataset.rowsBefore = String(this.above.reduce((sum, { count }) => sum + count, 0));
  }

  /** Rows were added at the end. @param {HTMLElement} more  what stood there before */
  extended(after, until, rows, more) {
    if (!this.isUsed) return;
    this.more = more;
    this.pieces.push(this.piece(after, until, rows));
    this.dropTop();
  }

  get isFull() { return !this.isUsed && this.list.rows.length >= MOST_ROWS; }

  canGo(rows) { return !rows.some((row) => $("input:checked", row) || "kept" in row.dataset || "waitingHeading" in row.dataset); }

  /** Take the first rows out of the page while there are too many. */
  dropTop() {
    while (this.list.rows.length > MOST_ROWS && this.pieces.length > 2) {
      const [first] = this.pieces, { rows } = this.list;
      const gone = rows.filter((row) => row.dataset.order >= first.last), keep = rows[gone.length];
      if (!keep || !gone.length || !this.canGo(gone) || gone.at(-1).getBoundingClientRect().bottom > this.root.getBoundingClientRect().top - NEAR) return;
      this.passFocusOn(gone);
      const before = keep.getBoundingClientRect().top;
      for (const row of gone) row.remove();
      this.list.settleHeadings();
      const height = before - keep.getBoundingClientRect().top;
      this.pieces.shift();
      this.above.push({ ...first, height, count: gone.length });
      this.root.dataset.after = first.until;
      this.setGap(this.gap + height);
    }
  }

  /** Take the last rows out of the page while there are too many; the way to them is what it was. */
  dropBottom() {
    while (this.list.rows.length > MOST_ROWS && this.pieces.length > 2 && this.more) {
      const last = this.pieces.at(-1), { last: edge } = this.pieces.at(-2);
      const gone = this.list.rows.filter((row) => row.dataset.order < edge);
      if (!gone.length || !this.canGo(gone) || gone[0].getBoundingClientRect().top < this.root.getBoundingClientRect().bottom + NEAR) return;
      this.passFocusOn(gone);
      for (const row of gone) row.remove();
      this.pieces.pop();
      const more = $("[data-more]", this.set) ?? this.more;
      const link = $("a", more), url = new URL(link.href);
      url.searchParams.set("after", last.after);
      link.href = url.pathname + url.search;
      more.dataset.until = this.root.dataset.until = last.after;
      if (!more.isConnected) this.list.append(more);
      this.list.settleHeadings();
    }
  }

  /** A row with the focus that leaves gives it to the first one that is seen. */
  passFocusOn(gone) {
    const focused = document.activeElement?.closest?.(".row");
    if (!focused || !gone.includes(focused)) return;
    const top = this.root.getBoundingClientRect().top;
    const next = this.list.rows.find((row) => !gone.includes(row) && !row.hidden && row.getBoundingClientRect().top >= top);
    next?.focus({ preventScroll: true });
  }

  /** Called when the list was scrolled. */
  scrolled() {
    if (!this.above.length || this.root.scrollTop > this.gap + NEAR) return;
    this.loadAbove();
  }

  async loadAbove() {
    if (this.loading) return;
    this.loading = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      if (this.root.scrollTop + this.root.clientHeight < this.gap - FAR) await this.jump(this.pieceAt(this.root.scrollTop));
      else await this.stepUp();
    } catch { /* the next scroll asks again */ } finally {
      this.loading = false;
      this.root.removeAttribute("aria-busy");
    }
    this.list.refresh();
    this.list.onScroll();
  }

  pieceAt(offset) {
    let sum = 0;
    const at = this.above.findIndex(({ height }) => (sum += height) > offset);
    return at < 0 ? this.above.length - 1 : at;
  }

  async read(after) {
    const url = new URL(this.root.dataset.url, location.href);
    if (after) url.searchParams.set("after", after);
    url.searchParams.set("part", "rows");
    const template = document.createElement("template");
    template.innerHTML = await (await request(url, { accept: "text/html" })).text();
    return [...template.content.children];
  }

  /** Put the piece above back before the first row; nothing that is seen moves. */
  async stepUp() {
    const piece = this.above.at(-1), nodes = await this.read(piece.after);
    if (piece !== this.above.at(-1)) return;
    const { rows } = this.list, top = this.root.getBoundingClientRect().top;
    const known = new Set(rows.map((row) => row.dataset.name));
    const fresh = nodes.filter((node) => node.matches(".row") && !known.has(node.dataset.name) && (!piece.last || node.dataset.order >= piece.last));
    const anchor = rows.find((row) => !row.hidden && row.getBoundingClientRect().bottom > top) ?? rows[0];
    const before = anchor?.getBoundingClientRect().top ?? 0;
    (this.set.firstElementChild ?? this.set).before(...fresh);
    this.list.settleHeadings();
    this.above.pop();
    this.pieces.unshift({ ...piece, height: 0 });
    this.root.dataset.after = piece.after;
    const added = (anchor?.getBoundingClientRect().top ?? 0) - before;
    this.setGap(this.above.length ? Math.max(0, this.gap - added) : 0);
    if (anchor) this.root.scrollTop += anchor.getBoundingClientRect().top - before;
    this.dropBottom();
  }

  /** Show another piece instead of all that are in the page. */
  async jump(at) {
    const piece = this.above[at], nodes = await this.read(piece.after);
    const gone = this.list.rows;
    if (!this.canGo(gone)) { await this.stepUp(); return; }
    const hadFocus = this.root.contains(document.activeElement);
    this.above = this.above.slice(0, at);
    for (const node of [...gone, ...$$("[data-more]", this.set)]) node.remove();
    for (const node of nodes) if (!node.matches(".day")) this.list.append(node);
    const until = $("[data-more]", this.set)?.dataset.until ?? "";
    this.root.dataset.after = piece.after;
    this.root.dataset.until = until;
    this.pieces = [this.piece(piece.after, until, this.list.rows)];
    this.setGap(this.above.reduce((sum, { height }) => sum + height, 0));
    this.list.settleHeadings();
    if (hadFocus) this.list.rows[0]?.focus({ preventScroll: true });
  }

  /** The very first rows of the list. */
  async toTop() {
    if (this.above.length && !this.loading) {
      this.loading = true;
      try { await this.jump(0); } finally { this.loading = false; }
    }
    this.root.scrollTop = 0;
    this.list.onScroll();
  }
}
