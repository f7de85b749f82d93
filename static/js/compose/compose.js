/**
 * The composer. The page is a form that works by itself; this gives it formatted text, tokens, uploads that show their
 * progress, a draft that saves itself, and sending without leaving the page until it is done.
 */

import { $, $$, focusFirst, formatSize, post, text as uiText } from "../page.js";
import { handle } from "../keys.js";
import { open as openDialog } from "../dialog.js";
import { alert, say } from "../status.js";
import { draftOf } from "../offline/waiting.js";
import { attach as attachRecipients } from "../recipients.js";
import { attach as attachUpload, uploadsOf } from "../upload.js";
import { Body } from "./body.js";
import { People } from "./people.js";
import { Saving, mustReload } from "./saving.js";
import { Sending } from "./sending.js";
import { Signing } from "./signing.js";
import { Templates } from "./templates.js";
import { settings, words } from "./words.js";

class Composer {
  constructor(form) {
    this.form = form;
    this.startedEmpty = !settings.isSaved;
    for (const field of $$("[data-recipients]", form)) attachRecipients(field);
    this.uploadBox = $("[data-upload]", form);
    attachUpload(this.uploadBox);
    this.uploads = uploadsOf(this.uploadBox);
    this.saving = new Saving(form, { collect: () => this.body.collect(), onState: (state, detail) => this.showState(state, detail), isSaved: settings.isSaved });
    this.body = new Body(form, { onChange: () => this.saving.touch(), onBlur: () => this.saving.saveQuietly(), onFiles: (files, options) => this.uploads.add(files, options) });
    this.people = new People(form, { onChange: () => this.saving.touch() });
    this.signing = new Signing(form, this.body, () => this.saving.touch());
    this.templates = new Templates(form, this);
    this.sending = new Sending(form, this);
    this.listen();
    this.body.start().then(() => this.firstFocus());
  }

  listen() {
    const { form, saving } = this;
    form.addEventListener("input", (event) => {
      if (!event.target.closest("[data-recipients], [data-upload], [data-editor], #send-later, #templates")) saving.touch();
    });
    form.addEventListener("change", (event) => { if (event.target.matches("select, input[type=checkbox]")) saving.touch(); });
    form.addEventListener("focusout", (event) => { if (event.target.matches(".subject, textarea")) saving.saveQuietly(); });
    form.addEventListener("submit", (event) => this.onSubmit(event));
    form.addEventListener("keydown", (event) => {
      // Enter in a field is not "send", and not "save and load anew" either.
      if (event.key === "Enter" && event.target.matches("input:not([type=checkbox]):not([type=file])") && !event.ctrlKey && !event.metaKey) event.preventDefault();
    });
    this.uploadBox.addEventListener("click", (event) => { if (event.target.closest("[data-upload-remove], [data-as-link]")) event.preventDefault(); }, true);
    this.uploadBox.addEventListener("upload:done", (event) => this.onFile(event.detail.answer));
    this.uploadBox.addEventListener("upload:removed", () => { this.showTotal(); saving.touch(); });
    $("[data-attach]", form)?.addEventListener("click", () => $("#compose-files").click());
    $("[data-keep-this]", form).addEventListener("click", () => this.resolveConflict());
    $("[data-keep-that]", form).addEventListener("click", () => { saving.stop(); location.assign(settings.edit); });
    handle("save", () => { this.saveNow(); });
    handle("send", () => { this.sending.send(); });
    $("[data-close-composer]", form)?.addEventListener("click", (event) => this.close(event));
  }

  /** Where one goes on: the first thing that is missing. */
  firstFocus() {
    if (document.activeElement && document.activeElement !== document.body && !document.activeElement.matches("#main")) return;
    if (location.hash || $("[data-problems]:not([hidden])", this.form)) return;
    if (this.people.isEmpty) $("#id_to", this.form).focus({ preventScroll: true });
    else if (!this.form.elements.subject.value) this.form.elements.subject.focus({ preventScroll: true });
    else this.body.focus();
  }

  onSubmit(event) {
    event.preventDefault();
    const { submitter } = event;
    if (submitter?.matches("[data-discard]")) this.discard();
    else if (submitter?.matches("[data-send-at]")) this.sending.send(submitter.value);
    else if (submitter?.matches("[data-send]") || submitter?.getAttribute("formaction") === settings.send) this.sending.send();
    else this.saveNow();
  }

  async saveNow() {
    try {
      const answer = await this.saving.save({ explicit: true });
      if (answer) say(answer.sentence);
    } catch (error) {
      if (error.message) alert(words("save_failed", { reason: error.message }));
    }
  }

  async discard() {
    this.saving.stop();
    this.body.collect();
    try {
      const data = { next: this.form.elements.next.value };
      const answer = await (await post(settings.discard, data)).json();
      location.assign(answer.url);
    } catch (error) {
      this.saving.resume();
      alert(error.message || uiText("status.failed"));
    }
  }

  async close(event) {
    if (!this.saving.isDirty) return;
    event.preventDefault();
    const target = event.currentTarget.href;
    try {
      await this.saving.save({ settle: true });
      this.saving.stop();
      location.assign(target);
    } catch (error) {
      alert(words("save_failed", { reason: error.message }));
    }
  }

  async resolveConflict() {
    $("[data-conflict]", this.form).hidden = true;
    this.body.focus();
    try {
      await this.saving.keepThis(this.newerRevision);
    } catch { /* said where it happened */ }
  }

  /** A file has arrived at the server. */
  onFile(answer) {
    if (answer.inline) {
      $(`[data-upload-list] [data-id="${answer.id}"]`, this.form)?.remove();
      this.body.showPicture(answer.url, answer.name);
    } else if (answer.warning) alert(answer.warning);
    this.showTotal();
    this.saving.touch();
  }

  showTotal() {
    const total = this.uploads.total;
    $("[data-files-total]", this.form).textContent = total ? words("files_total", { size: formatSize(total), limit: formatSize(settings.largest) }) : "";
  }

  showState(state, detail = {}) {
    const place = $("[data-save-state]", this.form);
    place.dataset.state = state;
    if (state === "dirty") place.textContent = words("dirty");
    else if (state === "saving") place.textContent = words("saving");
    else if (state === "saved") {
      place.textContent = words("saved", { time: detail.time });
      this.nameTheDraft(detail.url);
    } else if (state === "unreachable") place.textContent = words("unreachable");
    else if (state === "failed") {
      place.textContent = words("save_failed", { reason: detail.message });
      alert(words("save_failed", { reason: detail.message }));
    } else if (state === "conflict") this.showConflict(detail);
  }

  /** From the first save on the address is the draft's: reloading must not begin another one. */
  nameTheDraft(url) {
    if (!url || location.pathname === url) return;
    const next = encodeURIComponent(this.form.elements.next.value);
    history.replaceState(history.state, "", `${url}?next=${next}`);
  }

  showConflict(detail) {
    this.newerRevision = detail.revision;
    const box = $("[data-conflict]", this.form);
    box.hidden = false;
    $("[data-conflict-text]", box).textContent = words("conflict", { time: detail.time ?? "" });
    $("[data-save-state]", this.form).textContent = words("dirty");
  }

  /** A refusal of sending, beside what it is about. */
  showProblem(message, field = "") {
    const place = $("[data-problems]", this.form), told = document.createElement("p");
    told.textContent = message;
    const note = document.createElement("div");
    note.className = "note bad";
    note.append(told);
    place.replaceChildren(note);
    place.hidden = false;
    alert(message);
    if (field && this.form.elements[field]) focusFirst($(`#id_${field}`, this.form));
  }

  clearProblem() {
    const place = $("[data-problems]", this.form);
    place.hidden = true;
    place.replaceChildren();
  }

  ask({ text, button }) {
    const dialog = document.getElementById("compose-question");
    $("[data-question]", dialog).textContent = text;
    $("[data-question-yes]", dialog).textContent = button;
    return openDialog(dialog).then((answer) => answer === "yes");
  }
}

const NOT_TAKEN = new Set(["csrfmiddlewaretoken", "next", "editor", "sequence"]);
const form = document.getElementById("compose");
if (form && mustReload(form, settings)) {
  form.inert = true;
  setTimeout(() => location.reload(), 400);
} else if (form) start();

/** Take over what this device kept while the server could not be reached. */
async function start() {
  const kept = await draftOf(form.dataset.compose);
  for (const [name, value] of kept?.pairs ?? []) {
    const field = form.elements[name];
    if (!field || NOT_TAKEN.has(name)) continue;
    if (field.type === "checkbox") field.checked = value === field.value;
    else if ("value" in field) field.value = value;
  }
  requestAnimationFrame(() => {
    const composer = new Composer(form);
    if (!kept) return;
    composer.saving.isKeptHere = true;
    composer.saving.touch();
  });
}
