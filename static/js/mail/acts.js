/**
 * What one does with rows: archive, delete, move, flag, mark, junk. The page shows it in the same frame, the server is
 * told afterwards; a refusal puts it back and says why, Undo asks the server for the inverse.
 */

import { $, focusFirst, post } from "../page.js";
import { open as openDialog } from "../dialog.js";
import { waitingActs } from "../offline/waiting.js";
import { newKey, perform } from "../optimistic.js";
import { alert, job, say } from "../status.js";
import * as categories from "./categories.js";
import { byRole } from "./folders.js";
import { showCounts } from "./list.js";
import { counted, settings, words } from "./words.js";

const LEAVING = new Set(["archive", "delete", "delete-forever", "move", "junk", "not-junk", "phishing", "snooze", "unsnooze"]);

/** Where an act puts things, by the folder's role. */
const ROLES = { archive: "archive", "not-junk": "inbox", snooze: "snoozed", unsnooze: "inbox" };

/** Of which folder an act makes no sense there. */
const POINTLESS = { archive: "archive", junk: "junk", phishing: "junk" };

export class Acts {
  /** @param {import("./list.js").MailList} list */
  constructor(list) {
    this.list = list;
    this.everything = false;
  }

  get grid() { return this.list.grid; }

  /** What a command means: the selected rows, else the row with the focus, else what is open. */
  targets() {
    const rows = this.grid?.targets ?? [];
    if (rows.length) return rows;
    const open = $("#open [data-name]");
    return open ? [open] : []; // opened by a link, and not among the loaded rows
  }

  /** Do what a key or a button asks for. @returns {boolean} whether there was something to do it to */
  run(action, rows = this.targets(), options = {}) {
    if (!rows.length) { say(words("nothing-selected")); return false; }
    const asked = this.meant(action, rows);
    if (!asked) return false;
    if (isRefused(asked)) { alert(words("refused-here")); return false; }
    if (asked === "delete-forever") { this.askForever(rows); return true; }
    this.act(asked, rows, options);
    return true;
  }

  /** Flag or unflag, junk or not, delete or delete for ever: by where the rows are and what they look like. */
  meant(action, rows) {
    const { role } = this.list;
    if (action === "flag") return rows.every((row) => "flagged" in row.dataset) ? "unflag" : "flag";
    if (action === "mute") return rows.every((row) => "muted" in row.dataset) ? "unmute" : "mute";
    if (action === "junk" && role === "junk") return "not-junk";
    if (action === "delete" && role === "deleted") return "delete-forever";
    return POINTLESS[action] === role ? "" : action;
  }

  async askForever(rows) {
    const dialog = document.getElementById("delete-forever");
    const n = this.everything ? Number(this.list.root.dataset.total) || rows.length : rows.length;
    $("[data-question]", dialog).textContent = counted("delete-forever.question", n);
    if (await openDialog(dialog) === "delete") this.act("delete-forever", rows);
  }

  /**
   * @param {string} action
   * @param {HTMLElement[]} rows  rows of the list, or the open conversation
   * @param {{folder?: {id: string, name: string}, quiet?: boolean, until?: string, category?: object}} [options]  until: when
   *   it comes back; category: of categories.js
   */
  act(action, rows, { folder = null, quiet = false, until = "", category = null } = {}) {
    if (this.everything && rows.length > 1) return this.actOnEverything(action, { folder, until, category });
    const data = { action, thread: names(rows, "thread"), message: names(rows, "message"), target: folder?.id };
    if (until) data.until = until;
    if (category) data.category = category.id;
    const said = this.sentence(action, rows, folder, category);
    return perform({
      apply: () => (category ? categories.show(action, rows, category, this.openWith(rows)) : this.show(action, rows, folder)),
      url: this.list.actUrl,
      data,
      quiet,
      said,
      done: (answer) => {
        if (answer.count === rows.length && !until) answer.sentence = said; // the same, but it names the one row
        showCounts(answer.counts ?? {});
      },
    }).finally(() => this.list.refresh());
  }

  /** What is open, when it is among the rows: it shows the same. */
  openWith(rows) {
    const open = $("#open [data-reading]");
    return open && rows.some((row) => row.dataset.name === open.dataset.name) ? open : null;
  }

  sentence(action, rows, folder, category) {
    const values = { folder: folder?.name ?? "", category: category?.name ?? "", subject: subjectOf(rows[0]) };
    if (rows.length === 1 && values.subject && settings.strings[`one.${action}`]) return words(`one.${action}`, values);
    const kind = rows[0].dataset.kind === "thread" ? "conversations" : "messages";
    return counted(`${kind}.${action}`, rows.length, values);
  }

  /** Show it as done; returns what puts it back. */
  show(action, rows, folder) {
    if (action.endsWith("categorize")) return () => {}; // shown by categories.js, where the category is known
    if (action.endsWith("mute")) { for (const row of rows) setMuted(row, action === "mute"); }
    const leaves = LEAVING.has(action) || (action === "mute" && this.list.role === "inbox");
    if (action.endsWith("mute") && !leaves) return () => { for (const row of rows) setMuted(row, action !== "mute"); };
    if (!leaves) return this.mark(action, rows);
    if (this.list.isResults && !action.startsWith("delete") && action !== "junk" && action !== "phishing") {
      return this.replace(rows, folder ?? byRole(ROLES[action]));
    }
    const inList = rows.filter((row) => this.list.set.contains(row));
    const order = this.grid?.rows ?? [];
    const next = neighbour(order, inList, settings.afterArchive);
    const taken = inList.length ? this.grid.take(inList) : null;
    for (const row of inList) row.dataset.leaving = "";
    this.list.settleHeadings();
    document.dispatchEvent(new CustomEvent("mail:taken", { detail: { rows, next } }));
    return () => {
      for (const row of inList) { delete row.dataset.leaving; if (!row.isConnected) this.list.insert(row); row.hidden = false; }
      taken?.restore();
      this.list.settleHeadings();
      if (inList[0]) this.grid.focus(this.list.row(inList[0].dataset.name));
      this.list.refresh();
    };
  }

  /** The page may be an old one: show what was done since and waits for the server. */
  async showWaiting() {
    for (const { pairs, kind } of await waitingActs()) {
      if (kind !== "act") continue;
      const values = (name) => pairs.filter(([key]) => key === name).map(([, value]) => value);
      const [action] = values("action"), names = [...values("thread"), ...values("message")];
      const rows = names.map((name) => this.list.row(name)).filter((row) => row && !row.hidden);
      if (!action || !rows.length) continue;
      const [target] = values("target");
      this.show(action, rows, target ? { id: target, name: "" } : null);
    }
  }

  mark(action, rows) {
    const before = rows.map((row) => ({ row, unread: row.classList.contains("unread"), flagged: "flagged" in row.dataset }));
    for (const row of rows) {
      if (action === "read" || action === "unread") setUnread(row, action === "unread");
      else setFlagged(row, action === "flag");
    }
    document.dispatchEvent(new CustomEvent("mail:marked", { detail: { action, rows } }));
    return () => {
      for (const { row, unread, flagged } of before) { setUnread(row, unread); setFlagged(row, flagged); }
      document.dispatchEvent(new CustomEvent("mail:marked", { detail: { action, rows, undone: true } }));
      this.list.refresh();
    };
  }

  /** Results of a search stay where they are and say their new place. */
  replace(rows, folder) {
    const before = rows.map((row) => [$(".place", row), $(".place", row)?.textContent]);
    if (folder) for (const [place] of before) if (place) place.textContent = folder.name;
    return () => { for (const [place, text] of before) if (place) place.textContent = text; };
  }

  // --- Everything in the list, beyond the loaded rows ---

  /** Offer the rest of the list when all loaded rows are selected. */
  offerEverything() {
    const line = $("[data-everything-line]", this.list.list);
    if (!line) return;
    const { rows, picked } = this.grid, all = picked.length > 0 && picked.length === rows.length && this.list.hasMore;
    if (!all) this.everything = false;
    line.hidden = !all || this.list.isResults;
    if (line.hidden) return;
    const kind = this.list.root.dataset.in === "threads" ? "conversations" : "messages";
    const total = Number(this.list.root.dataset.total);
    $("[data-everything-text]", line).textContent = this.everything ? words("everything") : counted(`${kind}.all`, picked.length);
    const button = $("[data-everything]", line);
    button.hidden = this.everything;
    button.textContent = total ? counted(`${kind}.everything`, total) : words("everything");
  }

  selectEverything() {
    this.everything = true;
    this.offerEverything();
  }

  async actOnEverything(action, { folder, until = "", category = null }) {
    const { modseq } = this.list, { show } = this.list.root.dataset, inside = this.list.root.dataset.in;
    const data = { action, everything: "1", modseq: String(modseq), show, in: inside, target: folder?.id ?? "", until };
    if (category) data.category = category.id;
    const running = job({ label: words("everything.doing") });
    const tokens = [];
    let done = 0, sentence = "";
    try {
      for (let more = true; more;) {
        const answer = await (await post(this.list.actUrl, data, { key: newKey() })).json();
        done += answer.count;
        more = answer.more;
        if (answer.undo) tokens.unshift(answer.undo);
        sentence = answer.sentence;
        running.progress(done, Number(this.list.root.dataset.total), counted("everything.progress", done));
        showCounts(answer.counts ?? {});
        if (answer.count === 0) break;
      }
      running.done();
      const kind = inside === "threads" ? "conversations" : "messages";
      say(counted(`${kind}.${action}`, done, { folder: folder?.name ?? "", category: category?.name ?? "" }) || sentence, tokens.length ? () => this.takeBack(tokens) : null);
    } catch (error) {
      running.done();
      alert(error.message);
    }
    this.everything = false;
    this.grid.clear();
    await this.list.reload();
    await this.list.refresh();
    focusFirst(this.grid.current, $("h1", this.list.list));
  }

  async takeBack(tokens) {
    let sentence = words("restored");
    for (const token of tokens) {
      const answer = await (await post(settings.urls.undo, { undo: token }, { key: newKey() })).json();
      sentence = answer.sentence;
      showCounts(answer.counts ?? {});
    }
    await this.list.reload();
    await this.list.refresh();
    return sentence;
  }
}

/** In a folder that somebody shares one may do less; the server says it again. */
export const isRefused = (action) => ($("[data-refused]")?.dataset.refused ?? "").split(" ").includes(action.replace(/^un(?!read|snooze)/, ""));

export function setUnread(row, unread) {
  row.classList.toggle("unread", unread);
  const dot = $(".dot", row), word = $("[data-unread-word]", row);
  if (!unread) { dot?.remove(); word?.remove(); }
  else if (!dot) $(".pick", row)?.append(Object.assign(document.createElement("span"), { className: "dot" }));
}

/** Told to the row, so that the same key takes it back; how it looks comes from the server. */
function setMuted(row, muted) {
  if (muted) row.dataset.muted = "";
  else delete row.dataset.muted;
}

export function setFlagged(row, flagged) {
  if (flagged) row.dataset.flagged = "";
  else delete row.dataset.flagged;
  const button = $('.quick [data-act="flag"], .quick [data-act="unflag"]', row);
  if (button) {
    button.dataset.act = flagged ? "unflag" : "flag";
    button.setAttribute("aria-pressed", String(flagged));
  }
}

const names = (rows, kind) => rows.filter((row) => row.dataset.kind === kind).map((row) => row.dataset.name);

const subjectOf = (row) => $(".sub", row)?.textContent ?? row.dataset.subject ?? "";

/** The row that is opened after these are gone: the next or the previous one, by the person's setting. */
function neighbour(order, gone, setting) {
  if (setting === "list" || !gone.length) return null;
  const indexes = gone.map((row) => order.indexOf(row));
  const after = order.slice(Math.max(...indexes) + 1).find((row) => !gone.includes(row)) ?? null;
  const before = order.slice(0, Math.max(0, Math.min(...indexes))).reverse().find((row) => !gone.includes(row)) ?? null;
  return setting === "previous" ? before ?? after : after ?? before;
}
