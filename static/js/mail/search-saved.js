/** Saving, renaming and deleting the search that is shown: sent in the background, and what changes is put in place. */

import { $, $$, Refused, focusFirst, post, request, settings } from "../page.js";
import { newKey } from "../optimistic.js";
import { say } from "../status.js";

/** @param {HTMLFormElement} form  in a dialog */
export async function submit(form, closeDialog) {
  const error = $("[data-form-error]", form), dialog = form.closest("dialog");
  try {
    const answer = await (await post(form.action, new URLSearchParams(new FormData(form)), { key: newKey() })).json();
    closeDialog(dialog);
    await refresh();
    say(answer.sentence, answer.undo ? () => takeBack(answer.undo) : null);
  } catch (problem) {
    if (!error) { closeDialog(dialog); say(problem.message); return; }
    error.hidden = false;
    error.textContent = problem.message;
    const field = $("input[name=name]", form);
    if (problem instanceof Refused) field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

async function takeBack(undo) {
  const answer = await (await post(settings.undo, { undo }, { key: newKey() })).json();
  await refresh();
  return answer.sentence;
}

/** Read the page again and take from it what shows the saved searches. The focus stays at its place. */
async function refresh() {
  const html = await (await request(location.href, { accept: "text/html" })).text();
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of $$("[data-fresh]")) {
    const other = $(`[data-fresh="${part.dataset.fresh}"]`, fresh);
    if (!other) continue;
    const hadFocus = part.contains(document.activeElement);
    part.replaceWith(other);
    if (hadFocus) focusFirst($("a, button", other), $("main h1"));
  }
  const heading = $("#l-h"), named = $("#l-h", fresh);
  if (heading && named) heading.textContent = named.textContent;
  document.title = fresh.title;
}
