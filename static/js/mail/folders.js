/** The folders: their tree when it changes, moving by a dialog or by dragging, and making, renaming, deleting them. */

import { $, $$, Refused, element, getJson, icon, post, request } from "../page.js";
import { attach as attachChoices } from "../choose.js";
import { close, open as openDialog } from "../dialog.js";
import { newKey } from "../optimistic.js";
import { alert, job, say } from "../status.js";
import { nodesOf, showCounts } from "./list.js";
import { counted, settings, words } from "./words.js";

const tree = () => $("[data-folders]");

/** The tree of whose mailbox the page shows: messages stay in their mailbox. */
export const treeHere = () => {
  const shared = $("[data-shared-mailbox]")?.dataset.sharedMailbox;
  return shared ? $(`[data-shared="${shared}"]`) : tree();
};

/** Folders as the tree has them, each with the names of those above it. */
export function all() {
  return $$("[data-folder]", treeHere() ?? document).map((link) => {
    const path = [link.dataset.folderName];
    for (let item = link.closest("ul")?.closest("li"); item; item = item.parentElement?.closest("li")) {
      const above = $("[data-folder]", item);
      if (!above || above === link) break;
      path.unshift(above.dataset.folderName);
    }
    return { id: link.dataset.folder, role: link.dataset.role, name: link.dataset.folderName, path: path.join(" / "), link };
  });
}

export const byRole = (role) => all().find((folder) => folder.role === role) ?? null;

let treeModseq = Number(settings.treeModseq) || 0;

/** Whatever the server says about counts also says at which number the tree is. */
export function heard(answer) {
  showCounts(answer);
  if (answer.tree > treeModseq) reload();
  treeModseq = Math.max(treeModseq, answer.tree ?? 0);
}

/** Ask for the tree again, after it changed. What is folded and where the focus is stays. */
export async function reload() {
  const place = tree();
  if (!place) return;
  const focused = document.activeElement?.dataset?.folder;
  const current = $("[data-folder][aria-current]", place)?.dataset.folder ?? "";
  try {
    const html = await (await request(`${settings.urls.tree}?${new URLSearchParams({ current })}`, { accept: "text/html" })).text();
    place.replaceChildren(...nodesOf(html)[0].children);
    if (focused) $(`[data-folder="${focused}"]`, place)?.focus();
  } catch { /* the next change asks again */ }
}

/** What others share is another now: show it, and leave a folder that is no longer shared. */
export async function reloadShared() {
  const pane = $("[data-shared-pane]");
  if (!pane) return;
  const current = $("[data-shared-mailbox]") ? $("[data-grid]")?.dataset.folder ?? "" : "";
  try {
    const response = await request(`${settings.urls.shared}?${new URLSearchParams({ current })}`, { accept: "text/html" });
    if (response.headers.get("X-Gone")) { location.assign(settings.urls.home); return; }
    const focused = document.activeElement?.dataset?.folder;
    pane.replaceChildren(...nodesOf(await response.text()));
    pane.hidden = !pane.children.length;
    if (focused) $(`[data-folder="${focused}"]`, pane)?.focus();
  } catch { /* the next page shows it */ }
}

export async function reloadCounts() {
  try { heard(await getJson(settings.urls.counts)); } catch { /* the next change asks again */ }
}

/**
 * Ask where to. @returns {Promise<{id: string, name: string} | null>}
 * @param {string} exceptId  the folder where the rows are
 */
export async function choose(exceptId) {
  const dialog = document.getElementById("move"), place = $("[data-choices-place]", dialog);
  const offered = all().filter((folder) => folder.id !== exceptId);
  const { label, none } = place.dataset;
  // Attached here and at once: a name typed before the list filters would choose the first folder.
  const choices = element(
    "div", {},
    element("input", { type: "search", class: "input", "aria-label": label, placeholder: label, autofocus: true }),
    element("ul", { class: "choices", "aria-label": label }, ...offered.map(choice)),
    element("p", { class: "choices-none muted", hidden: true }, none),
  );
  place.replaceChildren(choices);
  attachChoices(choices);
  const chosen = await openDialog(dialog);
  return offered.find((folder) => folder.id === chosen) ?? null;
}

const choice = (folder) => element("li", {}, element(
  "button", { name: "target", value: folder.id },
  $(".i:not(.tw)", folder.link)?.cloneNode(true) ?? icon("folder"), element("span", { class: "trunc" }, folder.path),
));

// --- Making and changing folders ---------------------------------------------------------------------------------

/** Forms with `data-folder-form` are sent in the background; the status line says what was done, with Undo. */
async function submit(form, submitter) {
  const error = $("[data-form-error]", form);
  try {
    const response = await post(form.action, new URLSearchParams(new FormData(form, submitter)), { key: newKey() });
    const answer = await response.json();
    close(form.closest("dialog"));
    form.reset();
    if (form.dataset.leads) { location.assign(form.dataset.leads); return; }
    say(answer.sentence, answer.undo ? () => takeBack(answer.undo) : null);
    await reload();
    const heading = answer.name && form.dataset.folderForm === "rename" ? $("#l-h") : null;
    if (heading) heading.textContent = answer.name;
  } catch (problem) {
    const message = problem instanceof Refused ? problem.message : problem.message || words("list.error");
    if (!error) { alert(message); return; }
    error.hidden = false;
    error.textContent = message;
    const field = $("input[name=name]", form);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }
}

async function takeBack(token) {
  const answer = await (await post(settings.urls.undo, { undo: token }, { key: newKey() })).json();
  await reload();
  return answer.sentence;
}

/** Empty Junk or Deleted, some at a time, with a bar that says how far it is. */
async function empty(form, list) {
  const total = Number(form.dataset.total) || 0, running = job({ label: words("emptying") });
  close(form.closest("dialog"));
  let done = 0;
  try {
    for (let more = true; more;) {
      const answer = await (await post(form.action, {})).json();
      done += answer.count;
      more = answer.more && answer.count > 0;
      running.progress(done, total, counted("everything.progress", done));
      showCounts(answer.counts ?? {});
    }
    running.done(counted("messages.delete-forever", done));
  } catch (error) {
    running.done();
    alert(error.message);
  }
  await list?.refresh();
  await reload();
}

export function start(list) {
  document.addEventListener("submit", (event) => {
    const { target: form } = event;
    if (form.matches("[data-folder-form]")) { event.preventDefault(); submit(form, event.submitter); }
    else if (form.matches("[data-empty-form]")) { event.preventDefault(); empty(form, list); }
  });
  document.addEventListener("dialog:open", (event) => {
    const error = $("[data-form-error]", event.target);
    if (error) error.hidden = true;
    for (const field of $$("[aria-invalid]", event.target)) field.removeAttribute("aria-invalid");
  });
}
