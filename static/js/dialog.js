/**
 * Dialogs, popovers, the drawer of folders, parts that unfold. The focus goes back to what opened them.
 */

import { $, $$, focusFirst } from "./page.js";

const openers = new WeakMap();

/**
 * Open a dialog that holds the page.
 * @param {string | HTMLDialogElement} which  its id, or itself
 * @param {HTMLElement | null} [opener]  gets the focus back; by default what has it now
 * @returns {Promise<string>}  resolves with the dialog's return value when it closes
 */
export function open(which, opener = document.activeElement) {
  const dialog = typeof which === "string" ? document.getElementById(which) : which;
  if (!dialog || dialog.open) return Promise.resolve("");
  openers.set(dialog, opener);
  dialog.returnValue = "";
  dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const back = openers.get(dialog);
      focusFirst(back, heading(), $("#main"));
      resolve(dialog.returnValue);
    }, { once: true });
  });
}

export function close(which, value = "") {
  (typeof which === "string" ? document.getElementById(which) : which)?.close(value);
}

/** The nearest heading, for when the control that opened something is gone. */
const heading = () => $("main h1") ?? $("h1");

// --- The drawer --------------------------------------------------------------------------------------------------

function drawer(show) {
  const side = $("#side"), button = $("[data-side]");
  if (!side || !button) return;
  side.classList.toggle("show", show);
  button.setAttribute("aria-expanded", String(show));
  if (show) focusFirst($('[tabindex="0"]', side), $("a, button", side));
  else button.focus();
}

export function start() {
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-dialog], [data-close-dialog], [data-side], [data-toggle], [data-show-password]");
    if (!target) {
      const side = $("#side.show");
      if (side && !side.contains(event.target)) drawer(false);
      return;
    }
    if ("dialog" in target.dataset) {
      event.preventDefault();
      // A key clicked it: the focus is elsewhere (on a row), and goes back there.
      open(target.dataset.dialog, event.isTrusted || document.activeElement === document.body ? target : document.activeElement);
    }
    else if ("closeDialog" in target.dataset) close(target.closest("dialog"), target.value ?? "");
    else if ("side" in target.dataset) drawer(target.getAttribute("aria-expanded") !== "true");
    else if ("toggle" in target.dataset) toggle(target);
    else showPassword(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && $("#side.show") && !$("dialog[open]")) { event.preventDefault(); drawer(false); }
  });
  // A click on the backdrop closes, as Esc does, unless the dialog must be answered.
  document.addEventListener("mousedown", (event) => {
    if (event.target instanceof HTMLDialogElement && !("mustAnswer" in event.target.dataset) && isBackdrop(event)) {
      event.target.close();
    }
  });
  document.addEventListener("cancel", (event) => {
    if (event.target instanceof HTMLDialogElement && "mustAnswer" in event.target.dataset) event.preventDefault();
  }, true);
  // A popover is a dialog too: the focus goes into it, and Esc gives it back (the browser does that).
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".menu[popover]") && event.newState === "open") {
      focusFirst($("[autofocus], a, button, input", event.target));
    }
  }, true);
  for (const button of $$("[data-show-password]")) button.hidden = false;
  focusFirst($("[data-error-summary]"));
}

function isBackdrop({ target, clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

/** `<button data-toggle aria-controls="id" aria-expanded="false">`: show or hide a part of the page. */
function toggle(button) {
  const part = document.getElementById(button.getAttribute("aria-controls"));
  if (!part) return;
  part.hidden = !part.hidden;
  button.setAttribute("aria-expanded", String(!part.hidden));
  if (!part.hidden) focusFirst($("[autofocus], input, select, textarea", part));
}

function showPassword(button) {
  const input = button.previousElementSibling, shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  input.focus();
}
