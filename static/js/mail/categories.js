/** Categories: choosing one for rows, or making it, and showing it on them before the server has answered. */

import { $, $$, element, getJson, icon, post } from "../page.js";
import { attach as attachChoices } from "../choose.js";
import { open as openDialog } from "../dialog.js";
import { newKey } from "../optimistic.js";
import { alert } from "../status.js";
import { settings, words } from "./words.js";

/** The keywords of the categories that a row, or what is open, shows. */
const keywordsOf = (row) => $$("[data-category]", row).map((chip) => chip.dataset.category.toLowerCase());

/**
 * Ask which. @returns {Promise<{id: string, name: string, keyword: string, css: string, given: boolean} | null>}
 * @param {HTMLElement[]} rows  given is what all of them have: choosing it takes it away
 * @param {string} folder  where the rows are; empty: in one's own mailbox
 */
export async function choose(rows, folder) {
  let all;
  try {
    ({ categories: all } = await getJson(`${settings.urls.categories}?${new URLSearchParams({ folder })}`));
  } catch (error) {
    alert(error.message);
    return null;
  }
  const shown = rows.map(keywordsOf);
  const offered = all.map((each) => ({ ...each, given: shown.every((keywords) => keywords.includes(each.keyword.toLowerCase())) }));
  const dialog = document.getElementById("label"), place = $("[data-choices-place]", dialog);
  const { label, none } = place.dataset;
  const input = element("input", { type: "search", class: "input", "aria-label": label, placeholder: label, autofocus: true, maxlength: "60" });
  const making = element("li", { hidden: true }, element("button", { value: "new" }, icon("plus"), element("span", {})));
  const choices = element(
    "div", {},
    input,
    element("ul", { class: "choices", "aria-label": label }, ...offered.map(choice), making),
    element("p", { class: "choices-none muted", hidden: true }, none),
  );
  place.replaceChildren(choices);
  attachChoices(choices);
  // After the list has filtered itself: what was typed may be the name of a new one.
  const offerNew = () => {
    const name = input.value.trim(), isKnown = offered.some((each) => each.name.toLowerCase() === name.toLowerCase());
    const button = $("button", making);
    making.hidden = button.hidden = !name || isKnown;
    $("span", button).textContent = words("category.create", { name });
    if (!making.hidden) $(".choices-none", choices).hidden = true;
  };
  input.addEventListener("input", offerNew);
  offerNew();
  dialog.addEventListener("dialog:open", () => setTimeout(offerNew), { once: true });
  const chosen = await openDialog(dialog);
  if (chosen === "new") return make(input.value.trim(), folder);
  return offered.find((each) => each.id === chosen) ?? null;
}

const choice = (category) => element("li", {}, element(
  "button", { value: category.id },
  element("span", { class: category.css }, category.name),
  ...(category.given ? [icon("check"), element("span", { class: "vh" }, words("category.has"))] : []),
));

async function make(name, folder) {
  try {
    const answer = await (await post(settings.urls.createCategory, { name, folder }, { key: newKey() })).json();
    return { ...answer.category, given: false };
  } catch (error) {
    alert(error.message);
    return null;
  }
}

/** Show it as given or taken away; returns what puts it back. */
export function show(action, rows, category, open) {
  const given = action === "categorize";
  const before = rows.map((row) => [row, keywordsOf(row).includes(category.keyword.toLowerCase())]);
  const wasOpen = open && keywordsOf($("[data-cats]", open) ?? open).includes(category.keyword.toLowerCase());
  for (const row of rows) if (row !== open) mark(row, category, given);
  if (open) markOpen(open, category, given);
  return () => {
    for (const [row, had] of before) if (row !== open) mark(row, category, had);
    if (open) markOpen(open, category, wasOpen);
  };
}

function mark(row, category, given) {
  const known = $$("[data-category]", row).filter((chip) => chip.dataset.category.toLowerCase() === category.keyword.toLowerCase());
  if (!given) {
    for (const chip of known) { chip.previousElementSibling?.remove(); chip.remove(); }
    return;
  }
  if (known.length) return;
  let place = $(".cats", row);
  if (!place) {
    place = element("span", { class: "cats" });
    const subject = $(".sub", row);
    if (!subject) return;
    subject.after(place);
  }
  place.append(
    element("span", { class: "vh" }, `. ${words("category.before")} `),
    element("span", { class: category.css, "data-category": category.keyword }, category.name),
  );
}

function markOpen(open, category, given) {
  const place = $("[data-cats]", open);
  if (!place) return;
  const chip = $$("[data-category]", place).find((each) => each.dataset.category.toLowerCase() === category.keyword.toLowerCase());
  if (!given) chip?.remove();
  else if (!chip) place.append(element("span", { class: category.css, "data-category": category.keyword }, category.name));
  const button = $(`[data-do="categorize"][data-id="${CSS.escape(category.id)}"]`, open);
  if (!button) return;
  button.name = given ? "uncategorize" : "categorize";
  for (const sign of $$(".i, .vh", button)) sign.remove();
  if (given) button.append(icon("check"), element("span", { class: "vh" }, words("category.has")));
}
