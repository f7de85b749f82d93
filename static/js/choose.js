/**
 * `[data-choose]`: a field that filters a list of choices, such as the folders of Move. Arrow keys move in the list
 * while the focus stays in the field, Enter takes the choice: its button or link is clicked.
 */

import { Listbox } from "./listbox.js";
import { $, $$ } from "./page.js";

const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function attach(root) {
  const input = $("input[type=search]", root), list = $(".choices", root);
  // The control itself is the option: an option with a control inside would be two things at once.
  const options = $$("li", list).map((item) => $("button, a", item) ?? item);
  for (const option of options) {
    if (!option.matches("li")) option.closest("li").setAttribute("role", "none");
    option.setAttribute("role", "option");
    option.tabIndex = -1;
  }
  const box = new Listbox(input, list, (option) => option.click());
  list.addEventListener("click", (event) => { if (!event.target.closest("button, a")) event.stopPropagation(); });
  function filter() {
    const wanted = fold(input.value.trim());
    for (const option of options) {
      option.hidden = !fold(option.textContent).includes(wanted);
      option.closest("li").hidden = option.hidden;
    }
    box.open();
    const none = $(".choices-none", root);
    if (none) none.hidden = box.options.length > 0;
  }
  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return; // closes the dialog, not only the list
    if (event.key === "Enter") event.preventDefault(); // never sends the form without a choice
    box.onKey(event);
  });
  root.closest("dialog")?.addEventListener("dialog:open", () => { input.value = ""; queueMicrotask(filter); });
  filter();
}
