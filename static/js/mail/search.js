/**
 * `form[data-search]`: the search field of the top bar. It helps while somebody types (`search-help.js`, loaded when the
 * field is first used), takes back a condition of the results for changing, opens the form of options as a dialog, and
 * notes what was searched for. Without this file it is a form, and the options are a page.
 *
 * Attributes: `data-words` what to offer (GET), `data-remember` where to note a search (POST).
 */

import { close, open } from "../dialog.js";
import { $, element, idOf, isVisible, post, request } from "../page.js";
import { alert } from "../status.js";

/** Markup of the server as nodes. */
function nodesOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export function attach(form) {
  const input = $("input[type=search]", form);
  const popup = element("div", { class: "searchpop", hidden: true, role: "listbox", "aria-label": input.getAttribute("aria-label") });
  form.append(popup);
  // Said from the start: what the field becomes on its first use, a screen reader has read out already.
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": idOf(popup) })) {
    input.setAttribute(name, value);
  }

  let help = null;
  function helped() {
    help ??= import("./search-help.js").then(({ SearchHelp }) => new SearchHelp(form, input, popup));
    return help.catch(() => { help = null; }); // suggestions are a help; searching goes on without them
  }
  input.addEventListener("focus", helped);
  if (document.activeElement === input) helped();

  // --- On a phone the field lies over the page while it is used ---

  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget) && document.hasFocus()) form.classList.remove("shown");
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !form.classList.contains("shown")) return;
    event.preventDefault();
    form.classList.remove("shown");
    $("[data-open-search]")?.focus();
  });

  form.addEventListener("submit", () => {
    const q = input.value.trim();
    // With a key the request outlives the page; whether it arrives is no matter.
    if (q) post(form.dataset.remember, { q }, { key: `search-${Date.now()}` }).catch(() => {});
  });

  /** Put a condition back into the field, with its value selected: it can be typed over or chosen anew. */
  async function edit(token) {
    input.value = token.closest("[data-search-text]").dataset.searchText;
    if (!isVisible(input)) form.classList.add("shown");
    input.focus();
    input.setSelectionRange(Number(token.dataset.start), Number(token.dataset.end));
    const offering = await helped();
    await offering?.loaded;
    offering?.refresh();
  }

  async function openOptions(link) {
    const url = new URL(link.href);
    url.searchParams.set("q", input.value);
    url.searchParams.set("part", "form");
    try {
      const html = await (await request(url, { accept: "text/html" })).text();
      const dialog = element("dialog", { id: "search-options", "aria-labelledby": "search-options-h" }, nodesOf(html));
      $("#search-options")?.remove();
      document.body.append(dialog);
      form.classList.remove("shown"); // and with it, on a phone, the link
      open(dialog, isVisible(link) ? link : $("[data-open-search]"));
    } catch (error) {
      alert(error.message);
    }
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const token = event.target.closest?.("[data-edit-token]"), options = event.target.closest?.("[data-search-options]");
    if (!token && !options) return;
    event.preventDefault();
    if (token) edit(token); else openOptions(options);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-saved-form]")) return;
    event.preventDefault();
    import("./search-saved.js").then(({ submit }) => submit(event.target, close));
  });
}
