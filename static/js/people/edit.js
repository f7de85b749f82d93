/**
 * The form of a contact: "Add" puts an empty row under the others, "Remove" takes one away, without asking the server.
 * Each row is one of Django's formsets; the number of rows stands in its management form.
 */

import { $, $$, focusFirst } from "../page.js";

function add(section) {
  const total = $(`#id_${section.dataset.entries}-TOTAL_FORMS`, section), rows = $("[data-rows]", section);
  const number = total.value, template = document.createElement("template");
  template.innerHTML = $("template", section).innerHTML.replaceAll("__prefix__", number);
  rows.append(template.content);
  total.value = String(Number(number) + 1);
  const row = rows.lastElementChild;
  withRemove(row);
  focusFirst($("input:not([type=hidden]):not([type=checkbox])", row));
}

/** A button in the place of the tick box. */
function withRemove(row) {
  const box = $("input[name$=-DELETE]", row), template = $("[data-remove-template]");
  if (!box || !template || $("[data-remove-row]", row)) return;
  $(".removes", row).append(template.content.cloneNode(true));
}

function remove(row) {
  const section = row.closest("[data-entries]");
  $("input[name$=-DELETE]", row).checked = true;
  row.hidden = true;
  const rest = $$("[data-entry]", section).filter((other) => !other.hidden);
  focusFirst($("input:not([type=hidden]):not([type=checkbox])", rest.at(-1) ?? section), $("[data-add]", section));
}

const form = $("form[data-edit]");
if (form) {
  $$("[data-entry]", form).forEach(withRemove);
  form.addEventListener("click", (event) => {
    const adding = event.target.closest("[data-add]"), removing = event.target.closest("[data-remove-row]");
    if (adding) { event.preventDefault(); add(adding.closest("[data-entries]")); }
    else if (removing) remove(removing.closest("[data-entry]"));
  });
  const wanted = form.dataset.focus && document.getElementById(`${form.dataset.focus}-value`);
  if (wanted) wanted.focus();
}
