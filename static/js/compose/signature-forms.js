/** Formatted text in the forms of signatures. Without this file they are plain text. */

import { $, $$ } from "../page.js";
import { RichText } from "./editor.js";

async function attach(form) {
  const place = $("[data-editor]", form), plain = $("textarea", form), bar = $("[role=toolbar]", form);
  const { html, mode } = form.elements;
  const show = () => {
    for (const button of $$("[data-format]", bar)) button.setAttribute("aria-pressed", String(rich?.isActive(button.dataset.format) ?? false));
  };
  let rich = null;
  rich = await RichText.load(form.dataset.editorSrc, place, {
    html: html.value, label: place.dataset.label, placeholder: "",
    onChange: () => {}, onState: show, onPictures: () => {}, onKey: () => false, onLink: () => {}, onBlur: () => {},
  });
  mode.value = "rich";
  plain.hidden = true;
  place.hidden = false;
  bar.hidden = false;
  plain.labels[0].addEventListener("click", () => rich.focus("end"));
  bar.addEventListener("mousedown", (event) => { if (event.target.closest("[data-format]")) event.preventDefault(); });
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-format]");
    if (button) rich.format(button.dataset.format);
  });
  form.addEventListener("submit", () => { html.value = rich.html; });
}

for (const form of $$("[data-signature-form]")) attach(form).catch((error) => console.error(error));
