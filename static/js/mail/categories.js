/** Categories: choosing one for rows, or making it, and showing it on them before the server has answered. */

import { $, $$, element, getJson, icon, post } from "../page.js";
import { attach as attachChoices } from "../choose.js";
import { open as openDialog } from "../dialog.js";
import { newKey } from "../optimistic.js";
import { alert } from "../status.js";
import { settings, words } from "./words.js";

/** The keywords of the categories that a row, or what is open, shows. */
const keywordsOf = (row) => $$("[data-category]", row).map((chip) => chip.dataset.category.toLowerCase());

/** Those of one's own mailbox: as the page was told, and as the server said since. */
let own = settings.categories ?? [];

const fetchAll = async (folder) => (await getJson(`${settings.urls.categories}?${new URLSearchParams({ folder })}`)).categories;

/**
 * Ask which. @returns {Promise<{id: string, name: string, keyword: string, css: string, given: boolean} | null>}
 * @param {HTMLElement[]} rows  given is what all of them have: choosing it takes it away
 * @param {string} folder  where the rows are; empty: in one's own mailbox
 * @param {{id: string}[]} folders  one's own
 */
export async function choose(rows, folder, folders) {
  const isOwn = !folder || folders.some((each) => each.id === folder);
  // At once where that is possible: what is typed next is meant for the dialog.
  if (isOwn) fetchAll(folder).then((all) => { own = all; }, () => {});
  let all = own;
  try {
    if (!isOwn) all = await fetchAll(folder);
  } catch (error) {
    alert(error.message);
    return null;
  }
  const shown = rows.map(keywordsOf);
  const offered = all.map((each) => ({ ...each, given: shown.every((keywords) => keywords.includes(each.keyword.toLowerCase())) }));
  const dialog = document.getElementById("label"), place = $("[data-choices-place]", dialog);
  const { label, none } = place.dataset;
  const input = element("input", { type: "search", class: "input", "aria-label": label, placeholder: label, autofocus: true, maxlength: "60" });
  const making = element("li", {}, element("button", { value: "new" }, icon("plus"), element("span", {})));
  const list = element("ul", { class: "choices", "aria-label": label }, ...offered.map(choice), making);
  const choices = element("div", {}, input, list, element("p", { class: "choices-none muted", hidden: true }, none));
  const withdraw = () => { making.remove(); input.removeAttribute("aria-activedescendant"); };
  // Before the list filters itself: what was typed may be the name of a new one.
  input.addEventListener("input", () => {
    const name = input.value.trim(), isKnown = offered.some((each) => each.name.toLowerCase() === name.toLowerCase());
    $("span", making).textContent = words("category.create", { name });
    if (name && !isKnown) list.append(making);
    else withdraw();
  });
  place.replaceChildren(choices);
  attachChoices(choices);
  withdraw();
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
    own = [...own, answer.category];
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
  else if (!chip) {
    const href = `${$("#search").action}?${new URLSearchParams({ q: `category:"${category.name}"` })}`;
    place.append(element("a", { class: category.css, "data-category": category.keyword, href }, category.name));
  }
  const button = $(`[data-do="categorize"][data-id="${CSS.escape(category.id)}"]`, open);
  if (!button) return;
  button.name = given ? "uncategorize" : "categorize";
  for (const sign of $$(".i, .vh", button)) sign.remove();
  if (given) button.append(icon("check"), element("span", { class: "vh" }, words("category.has")));
}
