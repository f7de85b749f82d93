/**
 * The settings page: each field is kept as soon as it is changed, and the status line takes it back. Without this file
 * each section is a form with a Save button.
 */

import { $$, post } from "./page.js";
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
