/**
 * The settings page: each field is kept as soon as it is changed, and the status line takes it back. Without this file
 * each section is a form with a Save button.
 */

import { $, $$, element, icon, post, text } from "./page.js";
import { caption, isPlain, namesOf, setOwnKeys } from "./keys.js";
import { newKey } from "./optimistic.js";
import { alert, say } from "./status.js";
import { apply } from "./theme.js";

const valueOf = (control) => (control.type === "checkbox" ? (control.checked ? "on" : "off") : control.value);

function show(control, value) {
  if (control.type === "checkbox") control.checked = value === true || value === "on";
  else control.value = String(value);
}

/** Keep one value; return what the server says and the values that take it back. */
async function keep(form, name, value) {
  const answer = await (await post(form.action, { [name]: value })).json();
  apply(name, String(value));
  if (answer.reload) location.reload();
  return answer;
}

function attach(form) {
  const kept = new Map($$("[name]", form).filter((control) => control.type !== "hidden").map((c) => [c, valueOf(c)]));
  form.addEventListener("change", async (event) => {
    const control = event.target;
    if (!kept.has(control)) return;
    const before = kept.get(control), now = valueOf(control);
    kept.set(control, now);
    try {
      const answer = await keep(form, control.name, now);
      say(answer.message, async () => {
        kept.set(control, before);
        show(control, before);
        await keep(form, control.name, before);
      });
    } catch (error) {
      kept.set(control, before);
      show(control, before);
      if (error.message) alert(error.message);
    }
  });
}

$$("form[data-keep]").forEach(attach);

// --- Keys of one's own -------------------------------------------------------------------------------------------

const commandOf = (field) => field.name.slice("key-".length);

/**
 * The form of the own keys: a field takes the key that is pressed in it, and keeps it when it is left.
 *
 * Enter keeps it, too. Tab, the arrows and everything with Ctrl, Alt or Cmd stay what they are in a text field. What a keyboard on a
 * screen types, and what is pasted, arrives as text and is read by the server.
 */
class OwnKeys {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.heard = $("[data-key-heard]");
    this.fields = $$("[data-key-field]", form);
    this.kept = new Map(this.fields.map((field) => [field, field.value]));
    this.refused = new Map(); // what the server would not have, so that it is not asked again
    this.sending = new Map(); // what is on its way
    this.taken = ""; // what was pressed since the field got the focus, until it is two keys
    form.addEventListener("keydown", (event) => this.onKeyDown(event));
    form.addEventListener("focusin", ({ target }) => { this.taken = ""; if (this.kept.has(target)) target.select(); });
    form.addEventListener("focusout", ({ target }) => this.keep(target));
    const reset = $("#own-keys-reset");
    reset?.addEventListener("submit", (event) => { event.preventDefault(); this.reset(event.submitter); });
  }

  onKeyDown(event) {
    const field = event.target;
    if (!this.kept.has(field) || !isPlain(event) || event.isComposing) return;
    if (event.key === "Enter") { event.preventDefault(); this.taken = ""; this.keep(field); return; }
    const isCharacter = [...event.key].length === 1;
    if (!isCharacter && !["Backspace", "Delete", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.repeat || event.key === " ") return; // a space between two keys may be typed, and says nothing
    if (isCharacter) {
      const [name] = namesOf(event);
      this.write(field, caption(this.taken ? `${this.taken} ${name}` : name));
      this.taken = this.taken ? "" : name;
    } else {
      this.write(field, event.key === "Escape" ? this.kept.get(field) : "");
      this.explain(field, "");
      this.taken = "";
    }
  }

  /** A value that a script sets is not read out by itself. */
  write(field, value) {
    field.value = value;
    field.select();
    this.heard.textContent = value.split(" ").join(` ${text("keys.then")} `);
  }

  async keep(field) {
    if (!this.kept.has(field)) return;
    const before = this.kept.get(field), now = field.value.trim();
    if (now === before) this.explain(field, "");
    if (now === before || now === this.refused.get(field) || now === this.sending.get(field)) return;
    this.sending.set(field, now);
    try {
      await this.send({ [field.name]: now }, { [field.name]: before });
      this.explain(field, "");
    } catch (error) {
      if (!error.message) return;
      this.explain(field, error.message);
      alert(error.message);
    } finally {
      if (this.sending.get(field) === now) this.sending.delete(field);
    }
  }

  async reset(button) {
    const field = this.fieldOf(button.value);
    for (const each of field ? [field] : this.fields) { each.value = this.kept.get(each); this.explain(each, ""); }
    const earlier = Object.fromEntries((field ? [field] : this.fields).map((each) => [each.name, each.value]));
    try {
      await this.send({ reset: button.value }, earlier);
    } catch (error) {
      if (field && error.message) this.explain(field, error.message);
      if (error.message) alert(error.message);
    }
    field?.focus(); // the button is gone when there is nothing to bring back
  }

  /** Send keys, show what holds now, and offer to send the earlier ones. */
  async send(values, earlier) {
    const answer = await (await post(this.form.action, values)).json();
    this.show(answer, values);
    if (earlier) say(answer.message, () => this.send(earlier).then(() => undefined));
  }

  show({ keys, shown }, sent) {
    setOwnKeys(keys);
    for (const field of this.fields) {
      const typed = field.value.trim(), now = shown[field.name];
      // What has been typed meanwhile, or was refused, stays.
      if (typed === this.kept.get(field) || typed === sent[field.name]) field.value = now;
      this.kept.set(field, now);
      $(`button[name=reset][value="${commandOf(field)}"]`).hidden = !(commandOf(field) in keys);
    }
  }

  fieldOf(command) { return this.fields.find((field) => commandOf(field) === command); }

  /** Say at the field what is wrong with it, or nothing more. */
  explain(field, sentence) {
    const id = `${field.id}_error`;
    this.refused.set(field, sentence ? field.value.trim() : null);
    document.getElementById(id)?.remove();
    field.toggleAttribute("aria-invalid", Boolean(sentence));
    field.toggleAttribute("aria-describedby", Boolean(sentence));
    if (!sentence) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
    field.after(element("div", { class: "error", id }, icon("circle-alert", "s"), element("span", {}, sentence)));
  }
}

$$("form[data-own-keys]").forEach((form) => new OwnKeys(form));
