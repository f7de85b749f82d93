/**
 * What will probably be opened next is fetched ahead: the neighbours of what is open, and the row that the pointer or
 * the focus has stayed at for a moment. Nothing of it counts as opening: reading is told to the server only when a
 * conversation is shown.
 *
 * An entry holds while the row has the version it had when it was fetched; a change elsewhere in the mailbox may concern
 * any conversation, and forgets them all.
 */

import { $, request } from "../page.js";

const AFTER_A_MOMENT = 80;
const MOST_KEPT = 24, KEPT = 5 * 60_000, AT_ONCE = 2;

export class Ahead {
  /** @param {import("./list.js").MailList} list */
  constructor(list) {
    this.list = list;
    /** @type {Map<string, {version: string, at: number, html?: string, coming?: Promise<string>}>} */
    this.kept = new Map();
    this.waiting = [];
    this.running = 0;
    this.timer = 0;
    const { root } = list;
    root.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") this.soon(event.target.closest(".row")); }, { passive: true });
    root.addEventListener("pointerdown", (event) => this.fetch(event.target.closest(".row")), { passive: true });
    root.addEventListener("focusin", (event) => this.soon(event.target.closest(".row")));
    root.addEventListener("mail:changed", ({ detail }) => {
      for (const { name } of detail.rows ?? []) this.forgetRow(name);
      for (const name of detail.removed ?? []) this.forgetRow(name);
    });
    document.addEventListener("mail:marked", ({ detail }) => { for (const row of detail.rows) this.forgetRow(row.dataset.name); });
    document.addEventListener("workmail:changed", ({ detail }) => { if (detail.collection !== list.folder) this.kept.clear(); });
    document.addEventListener("workmail:connected", ({ detail }) => { if (detail.missed) this.kept.clear(); });
  }

  soon(row) {
    clearTimeout(this.timer);
    if (row) this.timer = setTimeout(() => this.fetch(row), AFTER_A_MOMENT);
  }

  /** Fetch rows that may be opened next, one after the other, when the browser has nothing else to do. */
  fetchIdly(rows) {
    const idle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 100));
    idle(() => { for (const row of rows) this.fetch(row); }, { timeout: 500 });
  }

  fetch(row) {
    const url = row?.isConnected && !("draft" in row.dataset) ? $("a.hit", row)?.href : "";
    if (!url || navigator.connection?.saveData || navigator.onLine === false || this.isGood(url, row)) return;
    if (this.running >= AT_ONCE) { this.waiting = [...this.waiting.slice(-3), row]; return; }
    this.running += 1;
    const entry = { version: row.dataset.version, at: performance.now() };
    entry.coming = readingOf(url).then((html) => { entry.html = html; return html; });
    entry.coming.catch(() => { if (this.kept.get(url) === entry) this.kept.delete(url); }).finally(() => {
      this.running -= 1;
      const next = this.waiting.pop();
      if (next) this.fetch(next);
    });
    this.put(url, entry);
  }

  put(url, entry) {
    this.kept.delete(url);
    this.kept.set(url, entry);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value);
  }

  isGood(url, row) {
    const entry = this.kept.get(url);
    return Boolean(entry) && performance.now() - entry.at < KEPT && (!row || entry.version === row.dataset.version);
  }

  /** What is kept of an address. @returns {{html?: string, coming?: Promise<string>} | null} */
  take(url, row) {
    return this.isGood(url, row) ? this.kept.get(url) : null;
  }

  forgetRow(name) {
    for (const url of this.kept.keys()) if (url.includes(name)) this.kept.delete(url);
  }
}

/** The conversation or message at an address, as it stands in the reading pane. */
export async function readingOf(url, signal) {
  const address = new URL(url, location.href);
  address.searchParams.set("part", "reading");
  return (await request(address, { accept: "text/html", signal })).text();
}
