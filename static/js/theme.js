/** The choices of the account menu act at once; the server keeps them. Without this file each is a form that is sent. */

import { post } from "./page.js";
import { say } from "./status.js";

const root = document.documentElement;

/** Show a choice in this page. */
export function apply(name, value) {
  if (name === "theme") root.dataset.theme = value;
  else if (name === "density") root.dataset.density = value;
  else if (name === "shortcuts") root.dataset.keys = value;
  else if (name === "reading_size") root.dataset.reading = value;
  else if (name === "contrast") {
    if (value === "auto") delete root.dataset.contrast;
    else root.dataset.contrast = value;
  } else return false;
  return true;
}

async function choose(form, name, value) {
  if (!apply(name, value)) return;
  for (const button of form.querySelectorAll(`button[name="${name}"]`)) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
  try {
    await post(form.action, { [name]: value });
  } catch (error) {
    say(error.message);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-appearance] button[name]");
  if (!button) return;
  event.preventDefault();
  choose(button.form, button.name, button.value);
});

document.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-appearance] input[type=checkbox]");
  if (box) choose(box.form, box.name, box.checked ? box.value : box.dataset.off);
});
