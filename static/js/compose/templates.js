/** Templates: put into the text where the cursor is, or made from what is written. */

import { $, focusFirst, getJson, post, request, settings as pageSettings } from "../page.js";
import { newKey } from "../optimistic.js";
import { alert, say } from "../status.js";
import { words } from "./words.js";

export class Templates {
  /** @param {HTMLFormElement} form @param {import("./compose.js").Composer} composer */
  constructor(form, composer) {
    this.form = form;
    this.composer = composer;
    this.menu = $("[data-templates]", form);
    this.menu?.addEventListener("click", (event) => {
      const insert = event.target.closest("[data-insert]"), save = event.target.closest("[data-save-template]");
      if (!insert && !save) return;
      event.preventDefault();
      (insert ? this.insert(insert) : this.save(save)).catch((error) => { if (error.message) alert(error.message); });
    });
  }

  async insert(button) {
    const { subject, html, text } = await getJson(button.dataset.insert);
    this.menu.hidePopover();
    const field = this.form.elements.subject;
    if (!field.value && subject) field.value = subject;
    this.composer.body.insert(html, text);
    this.composer.saving.touch();
    say(words("template_inserted"));
  }

  async save(button) {
    const name = $("#template-name", this.form);
    if (!name.value.trim()) { focusFirst(name); return; }
    const response = await request(button.formAction, { method: "POST", data: this.composer.saving.data() });
    const answer = await response.json();
    name.value = "";
    this.menu.hidePopover();
    say(answer.sentence, async () => (await (await post(pageSettings.undo, { undo: answer.undo }, { key: newKey() })).json()).sentence);
  }
}
