/** The recipients: what the server knows about each, and the sentence above Send. */

import { $, $$, post } from "../page.js";
import { say } from "../status.js";
import { recipientsOf } from "../recipients.js";
import { settings, words } from "./words.js";

const ASK_AFTER = 150;
const FIELDS = ["to", "cc", "bcc"];

export class People {
  constructor(form, { onChange }) {
    this.form = form;
    this.sentence = $("[data-sentence]", form);
    this.fields = Object.fromEntries(FIELDS.map((name) => [name, recipientsOf($(`#id_${name}`, form))]));
    form.addEventListener("recipients:change", () => {
      onChange();
      this.askSoon();
    });
    // Shift+Delete on a suggestion: suggest it no more.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Delete" && event.shiftKey && event.target.matches("[role=combobox][aria-activedescendant]")) this.forget(event);
    }, true);
    if (!this.isEmpty) this.ask();
  }

  get isEmpty() { return FIELDS.every((name) => !this.fields[name].tokens.length); }

  /** Make tokens of what is still being typed. */
  commit() { for (const name of FIELDS) this.fields[name].commit(); }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), ASK_AFTER);
  }

  async ask() {
    this.running?.abort();
    this.running = new AbortController();
    const data = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value]));
    try {
      const answer = await (await post(settings.recipients, data, { signal: this.running.signal })).json();
      this.show(answer);
    } catch { /* the sentence is a help; the server checks again before it sends */ }
  }

  show({ sentence, fields, outside, problems }) {
    if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
    this.sentence.classList.toggle("outside", outside > 0);
    this.sentence.classList.toggle("bad", problems.length > 0);
    for (const name of FIELDS) this.tell(this.fields[name], fields[name]);
  }

  /** Show what the server knows about the tokens of one field. */
  tell(field, known) {
    const byAddress = new Map(known.filter((each) => each.address).map((each) => [each.address.toLowerCase(), each]));
    let changed = false;
    for (const token of field.tokens) {
      const found = byAddress.get(token.address.toLowerCase());
      if (!found) continue;
      const note = found.problem ? words("no_such_address") : "";
      const next = { name: found.name || token.name, kind: found.kind, outside: found.outside, members: found.members, note };
      if (Object.entries(next).some(([key, value]) => token[key] !== value)) { Object.assign(token, next); changed = true; }
    }
    if (changed) field.show();
    for (const chip of $$("[data-index]", field.list)) if (field.tokens[Number(chip.dataset.index)]?.note) chip.classList.add("bad");
  }

  async forget(event) {
    const option = document.getElementById(event.target.getAttribute("aria-activedescendant"));
    const field = recipientsOf(event.target), at = [...field.listbox.list.children].indexOf(option);
    const person = field.offered?.[at];
    if (!person) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      const { sentence } = await (await post(settings.forget, { address: person.address })).json();
      option.remove();
      field.offered.splice(at, 1);
      field.listbox.open();
      say(sentence);
    } catch { /* it is suggested again next time */ }
  }
}
