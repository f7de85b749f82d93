/**
 * `[data-grid]`: a list of links becomes an ARIA grid with one tab stop, selection and the focus rules of a mail list.
 *
 * Inside the grid: `.set` holds `.row` elements (each with an id, a check box in `.pick` and a link `a.hit`) and `.day`
 * headings. Around it: `.list`, in which `[data-select-all]` is a check box and `[data-picked]` says how many are
 * selected. Rows may come, go and be replaced at any time: selection and focus follow their ids.
 *
 * Events (bubbling, `detail.grid` is the Grid): `grid:open` {row, focus}, cancelable; `grid:select` {rows};
 * `grid:near-end` when the focus comes near the last loaded row.
 */

import { $, $$, count, focusFirst, isVisible } from "./page.js";
import { handle } from "./keys.js";

const grids = new WeakMap();

/** The Grid of an element, or of the only list on the page. @returns {Grid | undefined} */
export const gridOf = (node = $("[data-grid]")) => grids.get(node?.closest?.("[data-grid]") ?? node);

export class Grid {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = root.closest(".list") ?? root.parentElement;
    this.set = $(".set", root) ?? root;
    /** @type {HTMLElement | null} the row with the tab stop */
    this.current = null;
    this.anchor = null;
    this.pickedIds = new Set();
    root.setAttribute("role", "grid");
    root.setAttribute("aria-multiselectable", "true");
    this.set.setAttribute("role", "rowgroup");
    this.prepare();
    new MutationObserver((records) => this.changed(records)).observe(this.set, { childList: true, subtree: false });
    root.addEventListener("keydown", (event) => this.onKeyDown(event));
    root.addEventListener("click", (event) => this.onClick(event));
    root.addEventListener("change", (event) => this.onChange(event));
    root.addEventListener("focusin", (event) => this.onFocusIn(event));
    $("[data-select-all]", this.list)?.addEventListener("change", (event) => this.selectAll(event.target.checked));
  }

  /** Rows that are there and not hidden, in order. @returns {HTMLElement[]} */
  get rows() { return [...this.set.children].filter((node) => node.matches(".row:not([hidden])")); }

  /** The row that is open in the reading pane. */
  get open() { return this.rows.find((row) => row.getAttribute("aria-current") === "true") ?? null; }

  /** The selected rows. */
  get picked() { return this.rows.filter((row) => box(row)?.checked); }

  /** What a command means: the selected rows, else the one with the focus, else the open one. */
  get targets() {
    const { picked } = this;
    if (picked.length) return picked;
    const focused = document.activeElement?.closest?.(".row");
    const row = focused && this.root.contains(focused) ? focused : this.open ?? null;
    return row && !row.hidden ? [row] : [];
  }

  // --- Rows come and go ---

  prepare() {
    const total = Number(this.root.dataset.total);
    if (total) this.root.setAttribute("aria-rowcount", String(total));
    let index = Number(this.root.dataset.rowsBefore) || 0; // those that are not in the page
    for (const node of this.set.children) {
      if (node.matches(".day")) {
        node.setAttribute("role", "row");
        node.firstElementChild?.setAttribute("role", "rowheader");
      }
      if (!node.matches(".row")) continue;
      index += 1;
      if (node.ariaRowIndex !== String(index)) node.setAttribute("aria-rowindex", String(index));
      if (node.getAttribute("role") === "row") continue;
      node.setAttribute("role", "row");
      node.tabIndex = -1;
      for (const cell of node.children) cell.setAttribute("role", "gridcell");
      for (const inner of controls(node)) inner.tabIndex = -1;
      if ("current" in node.dataset) node.setAttribute("aria-current", "true");
      if (this.pickedIds.has(node.id) && box(node)) box(node).checked = true;
      node.setAttribute("aria-selected", String(Boolean(box(node)?.checked)));
    }
    this.settle();
  }

  /** See to it that exactly one row is the tab stop. */
  settle() {
    const { rows } = this;
    if (!rows.includes(this.current)) this.current = this.open ?? rows[0] ?? null;
    for (const row of rows) {
      const stop = row === this.current ? 0 : -1;
      if (row.tabIndex !== stop || !row.hasAttribute("tabindex")) row.tabIndex = stop; // writing it costs a layout
    }
    this.root.tabIndex = rows.length ? -1 : 0;
  }

  /** @param {MutationRecord[]} records */
  changed(records) {
    const lost = document.activeElement === document.body || document.activeElement === null;
    const { current } = this;
    let heir = null, replaced = null;
    for (const record of records) {
      for (const node of record.removedNodes) {
        if (!node.matches?.(".row")) continue;
        if (node === current) {
          replaced = node.id ? document.getElementById(node.id) : null;
          heir = replaced ?? nearestRow(record.nextSibling, "nextElementSibling") ??
            nearestRow(record.previousSibling, "previousElementSibling");
        }
        if (node.id && !document.getElementById(node.id)) this.pickedIds.delete(node.id);
      }
    }
    this.prepare();
    if (heir && heir.isConnected) {
      this.current = heir;
      this.settle();
      if (lost && this.hadFocus) this.focus(heir);
    }
    this.showPicked();
  }

  // --- Focus ---

  /** Move the focus to a row. */
  focus(row) {
    if (!row) return focusFirst($("h1, h2", this.list), this.root);
    this.current = row;
    this.settle();
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (this.rows.indexOf(row) >= this.rows.length - 10) this.emit("grid:near-end", { row });
    return row;
  }

  onFocusIn(event) {
    this.hadFocus = true;
    const row = event.target.closest(".row");
    if (row && row !== this.current) { this.current = row; this.settle(); }
  }

  /** The row that a move begins at. */
  get here() {
    const focused = document.activeElement?.closest?.(".row");
    return focused && this.set.contains(focused) ? focused : null;
  }

  step(by) {
    const { rows, here } = this;
    if (!here) return this.focus(this.current ?? rows[0]);
    return this.focus(rows[Math.min(Math.max(rows.indexOf(here) + by, 0), rows.length - 1)]);
  }

  /** The first or the last row; the list may have more than stands in the page. */
  toEdge(edge) {
    if (!this.emit("grid:edge", { edge }, true)) return;
    this.focus(this.rows.at(edge === "first" ? 0 : -1));
  }

  /** As far as the list is high. */
  stepPage(by) {
    const { rows } = this, row = this.here ?? this.current ?? rows[0];
    if (!row) return;
    const page = Math.max(1, Math.floor(this.root.clientHeight / (row.offsetHeight || 1)) - 1);
    this.focus(rows[Math.min(Math.max(rows.indexOf(row) + by * page, 0), rows.length - 1)]);
  }

  /** Select the row and go on to its neighbour, as Shift with an arrow does. */
  stretch(by) {
    const { rows } = this, row = this.here ?? this.current, next = rows[rows.indexOf(row) + by];
    if (!next) return;
    this.anchor ??= row;
    this.pickRange(next);
    this.focus(next);
  }

  // --- Selection ---

  pick(row, on, { anchor = true } = {}) {
    const check = box(row);
    if (!check) return;
    check.checked = on;
    if (anchor) this.anchor = row;
    this.showPicked();
  }

  pickRange(row) {
    const { rows } = this;
    const from = rows.indexOf(this.anchor ?? this.here ?? row), to = rows.indexOf(row);
    const [low, high] = from < to ? [from, to] : [to, from];
    rows.forEach((each, index) => { if (box(each)) box(each).checked = index >= low && index <= high; });
    if (!this.anchor) this.anchor = rows[from] ?? row;
    this.showPicked();
  }

  selectAll(on = true) {
    for (const row of this.rows) if (box(row)) box(row).checked = on;
    this.showPicked();
  }

  clear() {
    this.anchor = null;
    this.selectAll(false);
  }

  showPicked() {
    const { rows, picked } = this;
    this.pickedIds = new Set(picked.map((row) => row.id).filter(Boolean));
    for (const row of rows) {
      const isPicked = String(Boolean(box(row)?.checked));
      if (row.getAttribute("aria-selected") !== isPicked) row.setAttribute("aria-selected", isPicked);
    }
    if (picked.length) this.list.dataset.picked = String(picked.length);
    else delete this.list.dataset.picked;
    const words = $("[data-picked-text]", this.list);
    if (words) words.textContent = picked.length ? count(this.root, picked.length) : "";
    const all = $("[data-select-all]", this.list);
    if (all) {
      all.checked = picked.length > 0 && picked.length === rows.length;
      all.indeterminate = picked.length > 0 && picked.length < rows.length;
    }
    this.emit("grid:select", { rows: picked });
  }

  onChange(event) {
    const row = event.target.closest(".row");
    if (!row || event.target !== box(row)) return;
    if (this.shift && this.anchor && this.anchor !== row) this.pickRange(row);
    else this.pick(row, event.target.checked);
  }

  // --- Opening ---

  onClick(event) {
    this.shift = event.shiftKey;
    const row = event.target.closest(".row"), link = event.target.closest("a.hit");
    if (!row || !link || event.defaultPrevented) return;
    if (event.shiftKey) { event.preventDefault(); event.stopPropagation(); getSelection()?.removeAllRanges(); this.pickRange(row); return; }
    if ((event.ctrlKey || event.metaKey) && event.isTrusted) {
      event.preventDefault();
      event.stopPropagation();
      this.pick(row, !box(row)?.checked);
      return;
    }
    if (!this.emit("grid:open", { row, focus: this.openWithFocus ?? false }, true)) { event.preventDefault(); event.stopPropagation(); return; }
    this.show(row);
  }

  /** Mark a row as the open one. */
  show(row) {
    for (const each of this.set.querySelectorAll('.row[aria-current="true"]')) each.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    if (row) { this.current = row; this.settle(); }
    this.root.closest(".mail")?.classList.toggle("reading", Boolean(row));
  }

  /** Open a row as a click on its link does; with `focus` the reading pane gets the focus. */
  openRow(row, { focus = true } = {}) {
    const link = row && $("a.hit", row);
    if (!link) return;
    this.openWithFocus = focus;
    link.click();
    this.openWithFocus = false;
    if (focus) focusFirst(document.getElementById(this.root.dataset.opens ?? "open"));
  }

  /** Back from the conversation to its row. */
  back() {
    this.root.closest(".mail")?.classList.remove("reading");
    this.focus(this.open ?? this.current ?? this.rows[0]);
  }

  // --- Taking rows out ---

  /**
   * Hide rows at once, as if they were gone. The focus goes to the next row, else the previous, else the heading.
   * @param {HTMLElement[]} gone
   * @returns {{restore(): void, forget(): void, next: HTMLElement | null}}  put them back, or take them out for good
   */
  take(gone) {
    const { rows } = this;
    const hadFocus = this.root.contains(document.activeElement);
    const last = Math.max(...gone.map((row) => rows.indexOf(row)));
    const next = rows.slice(last + 1).find((row) => !gone.includes(row)) ??
      rows.slice(0, last).reverse().find((row) => !gone.includes(row)) ?? null;
    for (const row of gone) {
      row.hidden = true;
      if (box(row)) box(row).checked = false;
    }
    this.hideEmptyDays();
    if (gone.includes(this.current)) this.current = next;
    this.settle();
    this.showPicked();
    if (hadFocus) this.focus(next);
    return {
      next,
      restore: () => {
        for (const row of gone) if (row.isConnected) row.hidden = false;
        this.hideEmptyDays();
        this.settle();
        this.showPicked();
        const first = gone.find((row) => row.isConnected);
        if (first) this.focus(first);
      },
      forget: () => { for (const row of gone) row.remove(); },
    };
  }

  /** A heading without rows is no heading. */
  hideEmptyDays() {
    let day = null, filled = false;
    const settle = () => { if (day) day.hidden = !filled; };
    for (const node of this.set.children) {
      if (node.matches(".day")) { settle(); day = node; filled = false; }
      else if (node.matches(".row:not([hidden])")) filled = true;
    }
    settle();
  }

  // --- Keys ---

  onKeyDown(event) {
    const row = event.target.closest(".row");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const onRow = event.target === row, inside = controls(row).filter(isVisible), at = inside.indexOf(event.target);
    const { rows } = this, index = rows.indexOf(row);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1 }[event.key];
    const done = () => { event.preventDefault(); event.stopPropagation(); };
    if (event.key === "Home" || event.key === "End") {
      done();
      this.anchor = null;
      this.toEdge(event.key === "Home" ? "first" : "last");
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      done();
      this.anchor = null;
      this.stepPage(event.key === "PageDown" ? 1 : -1);
    } else if (to !== undefined) {
      done();
      if (!rows[to]) return;
      if (event.shiftKey) { this.anchor ??= row; this.pickRange(rows[to]); } else this.anchor = null;
      this.focus(rows[to]);
    } else if (event.key === "ArrowRight") {
      done();
      (onRow ? inside[0] : inside[Math.min(at + 1, inside.length - 1)])?.focus();
    } else if (event.key === "ArrowLeft") {
      if (onRow) return;
      done();
      if (at > 0) inside[at - 1].focus(); else this.focus(row);
    } else if (event.key === "Escape" && (!onRow || this.picked.length)) {
      done();
      if (onRow) this.clear();
      else this.focus(row);
    }
  }

  emit(name, detail, cancelable = false) {
    return this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable, detail: { grid: this, ...detail } }));
  }
}

/** @param {HTMLElement} row @returns {HTMLInputElement | null} */
const box = (row) => $(".pick input[type=checkbox]", row);
const controls = (row) => $$("a[href], button, input", row);

function nearestRow(node, direction) {
  let candidate = node;
  while (candidate && !(candidate.nodeType === 1 && candidate.matches(".row:not([hidden])"))) candidate = candidate[direction] ?? null;
  return candidate;
}

export function attach(root) {
  if (grids.has(root)) return;
  const grid = new Grid(root);
  grids.set(root, grid);
  const whenHere = (act) => () => (root.isConnected && isVisible(root) ? act() : false);
  handle("next", whenHere(() => { grid.step(1); }));
  handle("previous", whenHere(() => { grid.step(-1); }));
  handle("open", whenHere(() => (grid.here ? void grid.openRow(grid.here) : false)));
  handle("back", () => (root.isConnected && grid.rows.length ? void grid.back() : false));
  handle("first", whenHere(() => { grid.toEdge("first"); }));
  handle("last", whenHere(() => { grid.toEdge("last"); }));
  handle("page-down", whenHere(() => { grid.stepPage(1); }));
  handle("page-up", whenHere(() => { grid.stepPage(-1); }));
  handle("select-range", whenHere(() => { grid.stretch(1); }));
  handle("select", whenHere(() => {
    const row = grid.here ?? grid.current;
    if (row) grid.pick(row, !box(row)?.checked);
  }));
  handle("select-all", whenHere(() => { grid.selectAll(true); }));
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-back]") && root.isConnected) { event.preventDefault(); grid.back(); }
  });
  grid.emit("grid:ready", {});
}
