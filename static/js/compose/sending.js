/** Sending: once, after the files are there and the questions are answered. */

import { $, SignedOut, Unreachable, request, text as uiText } from "../page.js";
import { isKept } from "../offline/keeping.js";
import { forgetDraft, keepAct, newId } from "../offline/waiting.js";
import { alert, say } from "../status.js";
import { settings, words } from "./words.js";

export class Sending {
  /** @param {HTMLFormElement} form @param {import("./compose.js").Composer} composer */
  constructor(form, composer) {
    this.form = form;
    this.composer = composer;
    this.button = $("[data-send]", form);
    this.busy = false;
  }

  /** @param {string} [sendAt]  a time to send at, as the server offers it; by default now */
  async send(sendAt = "") {
    if (this.busy) return;
    document.getElementById("send-later")?.hidePopover?.();
    const { composer } = this;
    composer.people.commit();
    composer.clearProblem();
    this.setBusy(true);
    try {
      await this.waitForUploads();
      if ($(".att.bad", composer.uploadBox)) throw new Error(words("upload_missing"));
      await composer.saving.save().catch(() => {}); // what went wrong there, sending tells
      const answer = await this.post([], sendAt);
      if (answer) location.assign(answer.url);
      else this.setBusy(false);
    } catch (error) {
      this.setBusy(false);
      composer.saving.resume();
      if (error instanceof Unreachable && await this.sendWhenOnline(sendAt)) return;
      this.failed(error);
    }
  }

  /** @param {string[]} confirmed  codes of questions that were answered with yes */
  async post(confirmed, sendAt) {
    const { composer } = this;
    const data = composer.saving.data();
    for (const code of confirmed) data.append("confirmed", code);
    if (sendAt) data.set("send_at", sendAt);
    composer.saving.stop();
    say(words("sending"));
    try {
      return await (await request(settings.send, { method: "POST", data })).json();
    } catch (error) {
      composer.saving.resume();
      const questions = error.detail?.questions ?? [];
      if (!questions.length) throw error;
      say("");
      const open = questions.filter((question) => !confirmed.includes(question.code));
      for (const question of open) {
        if (!(await composer.ask(question))) return null;
        confirmed.push(question.code);
      }
      return this.post(confirmed, sendAt);
    }
  }

  /** Without a connection: it goes as soon as there is one again, if this device may keep it until then. */
  async sendWhenOnline(sendAt) {
    if (!await isKept()) return false;
    const { saving } = this.composer, data = saving.data();
    if (sendAt) data.set("send_at", sendAt);
    try {
      await keepAct({ key: newId(), url: settings.send, data, kind: "send", id: saving.id, save: this.form.dataset.saveUrl, edit: settings.edit });
    } catch { return false; }
    saving.stop();
    saving.savedChanges = saving.changes;
    await forgetDraft(saving.id);
    say(uiText("waiting.send_waits"));
    location.assign(this.form.elements.next.value || settings.edit);
    return true;
  }

  failed(error) {
    const { composer } = this;
    if (error instanceof SignedOut) return;
    if (error instanceof Unreachable) { composer.showProblem(words("send_unreachable")); return; }
    const detail = error.detail ?? {};
    if (detail.reason === "edited") { composer.saving.conflict = true; composer.showConflict(detail); return; }
    composer.showProblem(error.message || uiText("status.failed"), detail.field);
  }

  waitForUploads() {
    const { uploads, uploadBox } = this.composer;
    if (!uploads.busy) return Promise.resolve();
    alert(words("wait_for_uploads"));
    return new Promise((resolve) => { uploadBox.addEventListener("upload:idle", () => resolve(), { once: true }); });
  }

  setBusy(on) {
    this.busy = on;
    this.button.toggleAttribute("data-busy", on);
    this.button.setAttribute("aria-disabled", String(on));
  }
}
