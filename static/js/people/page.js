/**
 * The contacts pages: moving in the list by keys, ticking several, adding rows to the form. Without this file all of it
 * is links, forms and buttons.
 */

import "./name-card.js";
import "./edit.js";
import { $, $$, count, focusFirst } from "../page.js";
import { handle } from "../keys.js";

const people = () => $$("[data-person]");
const here = () => document.activeElement?.closest?.("[data-person]") ?? $("[data-person][aria-current]");

function step(by) {
  const all = people();
  if (!all.length) return false;
  const at = all.indexOf(here());
  focusFirst(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]);
  return undefined;
}

handle("next", () => step(1));
handle("previous", () => step(-1));
handle("open", () => { const person = here(); if (!person) return false; person.click(); return undefined; });
handle("back", () => { const link = $("[data-back]"); if (!link || link.offsetParent === null) return false; link.click(); return undefined; });
handle("select", () => {
  const box = here()?.parentElement.querySelector("input[type=checkbox]");
  if (!box) return false;
  box.click();
  return undefined;
});

// In the list itself arrows move, as in every list.
document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.("[data-people]") || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = people();
  const to = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Home: () => focusFirst(all[0]), End: () => focusFirst(all.at(-1)) }[event.key];
  if (!to || event.target.matches("input")) return;
  event.preventDefault();
  to();
});

// --- Opening one beside the list ---------------------------------------------------------------------------------

let byKeyboard = false;
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-person]")) byKeyboard = event.detail === 0;
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const card = $("#card");
  if (!card || !event.detail.requestConfig?.elt?.matches?.("[data-person]")) return;
  for (const person of people()) {
    if (person === event.detail.requestConfig.elt) person.setAttribute("aria-current", "true");
    else person.removeAttribute("aria-current");
  }
  $("#main").classList.add("reading");
  card.scrollTop = 0;
  if (byKeyboard || event.detail.requestConfig.elt.offsetParent === null) card.focus({ preventScroll: true });
});

// --- Several at once ---------------------------------------------------------------------------------------------

function showPicked() {
  const bar = $("[data-bulk]");
  if (!bar) return;
  const picked = $$("[data-people] input[name=key]:checked").length;
  const words = $("[data-picked-text]", bar);
  bar.toggleAttribute("data-picked", picked > 0);
  words.textContent = picked ? count(words, picked) : words.dataset.none;
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-people] input[name=key]")) showPicked();
  if (event.target.matches?.("[data-submit-on-change]")) event.target.form.requestSubmit();
});
showPicked();
