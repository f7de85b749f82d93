/** The signature in the text: that of the address chosen, or another one; never two, and never over the writer's own words. */

import { $ } from "../page.js";
import { say } from "../status.js";
import { settings, words } from "./words.js";

export class Signing {
  /** @param {HTMLFormElement} form @param {import("./body.js").Body} body @param {() => void} onChange */
  constructor(form, body, onChange) {
    this.form = form;
    this.body = body;
    this.onChange = onChange;
    this.select = $("[data-signature]", form);
    if (!this.select) return;
    this.inText = this.select.value;
    this.select.addEventListener("change", () => this.choose(this.select.value));
    form.elements.from_address.addEventListener("change", (event) => {
      const of = settings.signatureOf[event.target.value] ?? {};
      this.choose(of[form.elements.is_answer ? "answer" : "new"] ?? "", { quietly: true });
    });
  }

  choose(id, { quietly = false } = {}) {
    const known = (each) => settings.signatures[each] ?? null;
    const before = known(this.inText), after = known(id);
    if (before !== after && (before || after)) {
      if (this.body.exchange(before, after)) {
        this.inText = after ? id : "";
        this.onChange();
      } else if (!quietly) say(words("signature_kept"));
    }
    this.select.value = this.inText;
  }
}
