/**
 * The draft saves itself: two seconds after a change, at the latest every fifteen, when the text loses the focus, and
 * when the page is left. Saves go one after the other and carry a number, so that the newest always wins.
 */

import { forgetDraft, keepDraft } from "../offline/waiting.js";
import { keepPage } from "../offline/keeping.js";
import { SignedOut, Unreachable, csrfToken, request } from "../page.js";
import { words } from "./words.js";

const QUIET = 2_000, LONGEST = 15_000, RETRY = 10_000, KEEP_PAGE_AFTER = 3_000;
const LARGEST_TEXT = 4_000_000; // the form takes no more
const KEEPALIVE_LIMIT = 60_000; // browsers send no more than 64 KiB after a page is gone

/** @typedef {"clean" | "dirty" | "saving" | "saved" | "failed" | "unreachable" | "conflict"} State */

export class Saving {
  /**
   * @param {HTMLFormElement} form
   * @param {{collect: () => void, onState: (state: State, detail?: object) => void, isSaved: boolean}} options
   *   `collect` writes what the editor holds into the form
   */
  constructor(form, { collect, onState, isSaved }) {
    this.form = form;
    this.collect = collect;
    this.onState = onState;
    this.exists = isSaved;
    this.changes = 0;
    this.savedChanges = 0;
    this.sequence = 0;
    this.running = null;
    this.stopped = false;
    this.conflict = false;
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.leave(); });
    addEventListener("online", () => this.saveQuietly());
    document.addEventListener("workmail:signed-in", () => this.saveQuietly());
    addEventListener("beforeunload", (event) => {
      // Too much to be sent after the page is gone, or not sendable at all: ask.
      if (this.isDirty && !this.stopped && (this.size() > KEEPALIVE_LIMIT || (!navigator.onLine && !this.isKeptHere) || this.conflict)) event.preventDefault();
    });
  }

  get isDirty() { return this.changes !== this.savedChanges; }

  /** Something was changed. */
  touch() {
    if (this.stopped) return;
    this.changes += 1;
    if (!this.conflict) this.onState("dirty");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.saveQuietly(), QUIET);
    this.deadline ??= setTimeout(() => this.saveQuietly(), LONGEST);
  }

  /** Save now if there is something to save. Resolves when everything up to now is saved, or rejects. */
  async save({ explicit = false, settle = false } = {}) {
    clearTimeout(this.quiet);
    clearTimeout(this.deadline);
    this.deadline = undefined;
    if (this.stopped || (this.conflict && !explicit)) return null;
    if (this.running) {
      await this.running.catch(() => {});
      return this.isDirty || settle ? this.save({ explicit, settle }) : null;
    }
    if (!this.isDirty && !explicit && !settle) return null;
    this.running = this.post(settle);
    try {
      return await this.running;
    } finally {
      this.running = null;
    }
  }

  /** Save because it is time to; what goes wrong has been said by `onState`. */
  saveQuietly() { if (this.isDirty) this.save().catch(() => {}); }

  async post(settle) {
    const upTo = this.changes;
    if (this.size() > LARGEST_TEXT) {
      const message = words("text_too_long");
      this.onState("failed", { message });
      throw new Error(message);
    }
    this.onState("saving");
    try {
      const response = await request(this.form.dataset.saveUrl, { method: "POST", data: this.data({ settle }) });
      const answer = await response.json();
      this.savedChanges = upTo;
      this.exists = true;
      if (this.isKeptHere) { this.isKeptHere = false; forgetDraft(this.id); }
      clearTimeout(this.keepingPage);
      this.keepingPage = setTimeout(() => keepPage(answer.url), KEEP_PAGE_AFTER);
      this.setRevision(answer.revision);
      this.onState(this.isDirty ? "dirty" : "saved", answer);
      return answer;
    } catch (error) {
      if (error instanceof SignedOut) throw error; // the dialog about it is open; signing in saves again
      if (error instanceof Unreachable) {
        this.keepHere();
        this.onState("unreachable");
        this.quiet = setTimeout(() => this.saveQuietly(), RETRY);
      } else this.refused(error);
      throw error;
    }
  }

  get id() { return this.form.dataset.compose; }

  /** The server cannot be reached: this device keeps the text, if it may. */
  keepHere() {
    this.isKeptHere = true;
    return keepDraft(this.id, this.form.dataset.saveUrl, this.data()).catch(() => {});
  }

  refused(error) {
    const { detail = {} } = error;
    if (detail.reason === "edited") {
      this.conflict = true;
      this.onState("conflict", detail);
    } else if (detail.reason === "sent") {
      this.stopped = true;
      this.onState("failed", { message: error.message });
    } else this.onState("failed", { message: error.message });
  }

  /** This page's version counts. */
  keepThis(revision) {
    this.conflict = false;
    this.setRevision(revision);
    this.changes += 1;
    return this.save({ explicit: true });
  }

  setRevision(revision) { if (revision) this.form.elements.revision.value = String(revision); }

  /** What the form says now. @returns {FormData} without files: those are sent by themselves */
  data({ settle = false } = {}) {
    this.collect();
    this.sequence += 1;
    this.form.elements.sequence.value = String(this.sequence);
    const data = new FormData(this.form);
    data.delete("files");
    if (settle) data.set("settle", "1");
    return data;
  }

  size() {
    this.collect();
    return ["html", "text", "to", "cc", "bcc", "subject"].reduce((sum, name) => sum + new Blob([this.form.elements[name]?.value ?? ""]).size, 0);
  }

  /** The page may be gone in a moment: send what there is without waiting for the answer. */
  leave() {
    // Leaving tells twice: the page is hidden, then it is gone.
    if (!this.isDirty || this.stopped || this.conflict || this.left === this.changes) return;
    if (navigator.onLine === false) { this.left = this.changes; this.keepHere(); return; }
    const upTo = this.left = this.changes, small = this.size() < KEEPALIVE_LIMIT;
    const body = new URLSearchParams();
    for (const [name, value] of this.data()) body.append(name, String(value));
    remember(this.form);
    fetch(this.form.dataset.saveUrl, {
      method: "POST", body, keepalive: small, credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    }).then(async (response) => {
      if (!response.ok) return;
      this.savedChanges = Math.max(this.savedChanges, upTo);
      const answer = await response.json();
      this.setRevision(answer.revision);
      if (!this.isDirty) this.onState("saved", answer);
    }, () => {});
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.quiet);
    clearTimeout(this.deadline);
  }

  resume() { this.stopped = false; }
}

// --- Coming back ------------------------------------------------------------------------------------------------

const STALE_AFTER = 8_000, MOST_RELOADS = 20;
const keyOf = (form) => `workmail.left.${form.dataset.compose}`;

/** Note which save was under way when the page was left; ids only, nothing of the text. */
function remember(form) {
  const { editor, sequence } = form.elements;
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify({ editor: editor.value, sequence: Number(sequence.value), at: Date.now(), reloads: 0 }));
  } catch { /* private mode: then a very quick return shows the version before */ }
}

/**
 * Whether this tab left the draft a moment ago and its last save is not in the page yet: load it again then.
 * @param {{savedBy: string, savedSequence: number}} known  the newest save when the page was made
 */
export function mustReload(form, known) {
  try {
    const left = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "null");
    if (!left) return false;
    const isThere = left.editor === known.savedBy && left.sequence <= known.savedSequence;
    if (isThere || Date.now() - left.at > STALE_AFTER || left.reloads >= MOST_RELOADS) {
      sessionStorage.removeItem(keyOf(form));
      return false;
    }
    sessionStorage.setItem(keyOf(form), JSON.stringify({ ...left, reloads: left.reloads + 1 }));
    return true;
  } catch {
    return false;
  }
}
