/**
 * The list as the server has it. The page holds a stretch of the list and the number at which it was read; it asks
 * `changes` for what is newer, and compares check sums, so that whatever it missed is noticed and put right.
 *
 * Nothing moves by itself: when rows come or go above the row that has the focus or the pointer, the list scrolls by as
 * much, and a button beside the heading says how many new rows stand above.
 */

import { $, $$, getJson, post, request } from "../page.js";
import { gridOf } from "../grid.js";
import { announceArrival, setBadge, upToDate } from "../status.js";
import { StretchOfRows } from "./stretch.js";
import { counted, words } from "./words.js";

const NEAR = 800; // pixels before the end at which the next rows are asked for
const MODULUS = 2 ** 32;

export class MailList {
  /** @param {HTMLElement} root  `#rows` */
  constructor(root) {
    this.root = root;
    this.list = root.closest(".list");
    this.set = $(".set", root);
    this.modseq = Number(root.dataset.modseq);
    this.refreshing = null;
    this.again = false;
    this.unseen = new Set(); // names of new rows above what is shown
    this.stretch = new StretchOfRows(this);
    root.addEventListener("scroll", () => this.onScroll(), { passive: true });
    root.addEventListener("grid:near-end", () => this.loadMore());
    root.addEventListener("grid:edge", (event) => {
      if (event.detail.edge !== "first" || !this.stretch.above.length) return;
      event.preventDefault();
      this.stretch.toTop().then(() => this.grid?.focus(this.rows[0]), () => {});
    });
    root.addEventListener("grid:open", () => this.dropKept());
    root.addEventListener("pointermove", (event) => { this.pointed = event.pointerType === "mouse" ? event.target.closest(".row") : null; }, { passive: true });
    root.addEventListener("pointerleave", () => { this.pointed = null; this.settlePlaces(); });
    root.addEventListener("focusin", () => this.settlePlaces());
    root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) this.settlePlaces(); });
    $("[data-show-new]", this.list)?.addEventListener("click", () => this.showNew());
    this.dress();
    this.onScroll();
  }

  get grid() { return gridOf(this.root); }
  get folder() { return this.root.dataset.folder; }
  get role() { return this.root.dataset.role; }
  get isResults() { return this.root.dataset.in === "results"; }
  get actUrl() { return this.root.dataset.actUrl; }
  get hasMore() { return Boolean($("[data-more]", this.set)); }

  /** All rows, those hidden by an action that is under way included. */
  get rows() { return $$(".row", this.set); }

  row(name) { return this.rows.find((row) => row.dataset.name === name) ?? null; }

  // --- Changes ---

  /** Ask what is new; bells that ring meanwhile are one more question. */
  async refresh() {
    if (!this.root.dataset.changesUrl) return undefined;
    if (this.refreshing) { this.again = true; return this.refreshing; }
    this.refreshing = this.ask().finally(() => {
      this.refreshing = null;
      if (this.again) { this.again = false; this.refresh(); }
    });
    return this.refreshing;
  }

  async ask() {
    const { changesUrl: changes, show, after, until } = this.root.dataset;
    const stretch = { show, after, until };
    let answer;
    try {
      answer = await getJson(`${changes}?${new URLSearchParams({ ...stretch, since: String(this.modseq) })}`);
      this.apply(answer);
      if (answer.compare || answer.check !== this.check()) {
        const held = this.counting().map((row) => `${row.dataset.name}:${row.dataset.version}`).join(",");
        answer = await (await post(changes, { ...stretch, held })).json();
        this.apply(answer);
      }
    } catch (error) {
      return error; // the next bell, the poll or the reconnect asks again from the same number
    }
    upToDate();
    return null;
  }

  /** Rows that the server counts too. */
  counting() { return this.rows.filter((row) => !("kept" in row.dataset) && !("gone" in row.dataset)); }

  check() { return this.counting().reduce((sum, row) => (sum + parseInt(row.dataset.version, 16)) % MODULUS, 0); }

  apply(answer) {
    this.modseq = answer.modseq;
    this.steady(() => {
      for (const name of answer.removed) this.remove(name);
      for (const change of answer.rows) this.put(change);
      this.settleHeadings();
    });
    this.showHead(answer);
    if (answer.arrived) {
      announceArrival(answer.arrived, { from: answer.arrived_from });
      this.noteNew(answer.rows.slice(0, answer.arrived));
    }
    this.root.dispatchEvent(new CustomEvent("mail:changed", { bubbles: true, detail: answer }));
    this.onScroll(); // with few rows left, older ones come in
  }

  /** A row that left a filtered list because it was read stays while it is open. */
  remove(name) {
    const row = this.row(name);
    if (!row) return;
    const isOpen = row.getAttribute("aria-current") === "true" && !row.hidden;
    if (isOpen && this.root.dataset.show) { row.dataset.kept = ""; row.classList.remove("unread"); $(".dot", row)?.remove(); return; }
    row.remove();
  }

  dropKept() {
    for (const row of $$(".row[data-kept]", this.set)) if (row.getAttribute("aria-current") !== "true") row.remove();
    this.settleHeadings();
  }

  put({ name, html }) {
    const fresh = nodesOf(html)[0], existing = this.row(name);
    if (!existing) return this.insert(fresh);
    fresh.hidden = existing.hidden;
    for (const attribute of ["aria-current", "data-gone"]) {
      if (existing.hasAttribute(attribute)) fresh.setAttribute(attribute, existing.getAttribute(attribute));
    }
    const hadFocus = existing.contains(document.activeElement);
    const moves = existing.dataset.order !== fresh.dataset.order;
    if (moves && (hadFocus || this.pointed === existing)) {
      // It belongs further up now, but somebody is at it: it goes there when they have left.
      fresh.dataset.waitingHeading = fresh.dataset.heading;
      fresh.dataset.heading = existing.dataset.heading;
    }
    if (!moves || "waitingHeading" in fresh.dataset) existing.replaceWith(fresh);
    else { existing.remove(); this.insert(fresh); }
    if (this.pointed === existing) this.pointed = fresh;
    if (hadFocus) { fresh.tabIndex = 0; fresh.focus({ preventScroll: true }); }
    return fresh;
  }

  /** Rows that were left in their place while somebody was at them go where they belong. */
  settlePlaces() {
    const waiting = $$(".row[data-waiting-heading]", this.set)
      .filter((row) => row !== this.pointed && !row.contains(document.activeElement));
    if (!waiting.length) return;
    this.steady(() => {
      for (const row of waiting) {
        row.dataset.heading = row.dataset.waitingHeading;
        delete row.dataset.waitingHeading;
        row.remove();
        this.insert(row);
      }
      this.settleHeadings();
    });
    this.noteNew(waiting.map((row) => ({ name: row.dataset.name })));
  }

  /** Put a row where it belongs: the list sorts by `data-order`, larger is higher. */
  insert(row) {
    const next = this.rows.find((other) => other !== row && !("waitingHeading" in other.dataset) && other.dataset.order < row.dataset.order);
    if (next) next.before(row);
    else this.append(row);
    return row;
  }

  /** Each run of rows of one day has its heading once. */
  settleHeadings() {
    const known = new Map($$(".day", this.set).map((day) => [day.dataset.heading, day]));
    let heading = null;
    const used = new Set();
    for (const row of this.rows) {
      if (row.dataset.heading !== heading) {
        heading = row.dataset.heading;
        let day = used.has(heading) ? null : known.get(heading);
        if (!day) {
          day = document.createElement("div");
          day.className = "day";
          day.dataset.heading = heading;
          day.append(Object.assign(document.createElement("span"), { textContent: heading }));
        }
        if (row.previousElementSibling !== day) row.before(day);
        used.add(heading);
        known.delete(heading);
      }
    }
    for (const day of $$(".day", this.set)) if (!day.nextElementSibling?.matches(".row")) day.remove();
    this.grid?.hideEmptyDays();
    const empty = $("[data-empty]", this.set);
    if (empty) empty.hidden = this.rows.some((row) => !row.hidden) || this.hasMore;
    this.dress();
  }

  /** In a grid everything is a row with cells, the text of an empty list and the way to older rows too. */
  dress() {
    for (const node of $$("[data-empty], [data-more]", this.set)) {
      node.setAttribute("role", "row");
      node.firstElementChild?.setAttribute("role", "gridcell");
    }
  }

  /** Change rows without moving the one that has the focus or the pointer, or the first one that is shown. */
  steady(change) {
    const box = this.root.getBoundingClientRect();
    const focused = document.activeElement?.closest?.(".row");
    const anchor = [focused && this.set.contains(focused) ? focused : null, this.pointed]
      .find((row) => row?.isConnected && !row.hidden) ??
      (this.root.scrollTop > 4 ? this.rows.find((row) => !row.hidden && row.getBoundingClientRect().bottom > box.top) : null);
    const id = anchor?.id, before = anchor?.getBoundingClientRect().top;
    change();
    const now = id ? document.getElementById(id) : null;
    if (now) this.root.scrollTop += now.getBoundingClientRect().top - before;
    if (this.pointed && !this.pointed.isConnected) this.pointed = document.getElementById(this.pointed.id);
  }

  // --- New rows ---

  noteNew(changes) {
    const top = this.root.getBoundingClientRect().top;
    for (const { name } of changes) {
      const row = this.row(name);
      if (row && row.getBoundingClientRect().top < top) this.unseen.add(name);
    }
    this.showNewButton();
  }

  showNewButton() {
    const button = $("[data-show-new]", this.list), summary = $("[data-list-summary]", this.list);
    if (!button) return;
    button.hidden = !this.unseen.size;
    if (this.unseen.size) button.textContent = counted("new", this.unseen.size);
    if (summary) summary.hidden = this.unseen.size > 0;
  }

  async showNew() {
    if (this.stretch.above.length) await this.stretch.toTop().catch(() => {});
    const first = this.rows.find((row) => this.unseen.has(row.dataset.name)) ?? this.rows[0];
    this.unseen.clear();
    this.root.scrollTop = 0;
    this.grid?.focus(first);
    this.root.scrollTop = 0;
    this.showNewButton();
  }

  onScroll() {
    if (this.root.scrollTop < 8 && this.unseen.size) { this.unseen.clear(); this.showNewButton(); }
    this.stretch.scrolled();
    if (this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR) this.loadMore();
  }

  showHead({ title, summary, total }) {
    if (title && !this.isResults) {
      const [, ...rest] = document.title.split(" · ");
      if (!$(".mail.reading [data-reading-title]")) document.title = [title, ...rest].join(" · ");
      this.title = title;
    }
    const place = $("[data-list-summary]", this.list);
    if (place && summary !== undefined) place.textContent = summary;
    if (total && !this.root.dataset.show) this.root.dataset.total = String(total);
  }

  /** Read the list anew from its top: too much has changed for telling it row by row. */
  async reload() {
    const url = new URL(this.root.dataset.url, location.href);
    url.searchParams.set("part", "list");
    const fresh = nodesOf(await (await request(url, { accept: "text/html" })).text())[0];
    Object.assign(this.root.dataset, fresh.dataset);
    this.modseq = Number(fresh.dataset.modseq);
    this.unseen.clear();
    this.showNewButton();
    this.set.replaceChildren(...$(".set", fresh).children);
    this.stretch.reset();
    this.root.scrollTop = 0;
    this.settleHeadings();
  }

  // --- Older rows ---

  async loadMore() {
    const more = $("[data-more]", this.set), link = more && $("a", more);
    if (!link || this.loading || this.stretch.loading || this.stretch.isFull) return;
    this.loading = true;
    more.setAttribute("aria-busy", "true");
    try {
      const url = new URL(link.href);
      url.searchParams.set("part", "rows");
      const text = await (await request(url, { accept: "text/html" })).text();
      if (more.isConnected) this.extend(more, text);
    } catch {
      link.textContent = words("try-again"); // the link still works as a link
      this.failed = true;
    } finally {
      this.loading = false;
      more.removeAttribute("aria-busy");
    }
    this.onScroll();
  }

  /** Put a node at the end of the rows. */
  append(node) {
    const end = node.matches("[data-more]") ? null : $("[data-more]", this.set);
    (end ?? $("[data-empty]", this.set))?.before(node);
  }

  extend(more, html) {
    const nodes = nodesOf(html), after = this.root.dataset.until;
    const known = new Set(this.rows.map((row) => row.dataset.name));
    // What moved up since is here already.
    const rows = nodes.filter((node) => node.matches(".row") && !known.has(node.dataset.name));
    const next = nodes.find((node) => node.matches("[data-more]"));
    more.before(...rows);
    if (next) more.replaceWith(next);
    else more.remove();
    this.root.dataset.until = next?.dataset.until ?? "";
    this.settleHeadings();
    this.stretch.extended(after, this.root.dataset.until, rows, next ?? more);
  }
}

/** Markup of the server as nodes; scripts in it would not run, and there are none. */
export function nodesOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

/** Show the numbers beside the folders and in the top bar. */
export function showCounts({ folders, unread }) {
  if (folders) {
    for (const link of $$("[data-folder]")) {
      const [number, spoken] = folders[link.dataset.folder] ?? [null];
      const place = $("[data-count]", link);
      if (number === null || !place) continue;
      place.hidden = !number;
      $("[data-count-number]", place).textContent = number;
      $("[data-count-words]", place).textContent = spoken;
    }
  }
  if (unread !== undefined) setBadge("mail", unread);
}
