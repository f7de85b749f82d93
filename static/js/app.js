/**
 * The entry. Every page works before this file: here its plain lists, links and forms learn the keyboard, live updates
 * and Undo. An element asks for its behaviour by a data attribute; the module is loaded when the first one appears.
 */

import * as dialogs from "./dialog.js";
import * as keys from "./keys.js";
import * as status from "./status.js";
import { settings } from "./page.js";
import "./icons.js";
import "./swaps.js";
import "./theme.js";

/** Attribute -> module. Each module exports `attach(element)`, which may be called again for the same element. */
const behaviours = {
  "[data-grid]": () => import("./grid.js"),
  "[data-tree]": () => import("./tree.js"),
  "[data-toolbar]": () => import("./toolbar.js"),
  "[data-tabs]": () => import("./tabs.js"),
  "[data-split]": () => import("./split.js"),
  "[data-recipients]": () => import("./recipients.js"),
  "[data-choose]": () => import("./choose.js"),
  "[data-upload]": () => import("./upload.js"),
  "[data-body-frame]": () => import("./frame.js"),
  "[data-live]": () => import("./live.js"),
  "[data-jobs]": () => import("./jobs.js"),
  "[data-search]": () => import("./mail/search.js"),
  "[data-session-lost]": () => import("./session.js"),
  "[data-notices]": () => import("./notices/setting.js"),
  "[data-keep-mail]": () => import("./offline/setting.js"),
};

const attached = new WeakMap();

/**
 * Give everything inside `root` its behaviour. Called for the page, and for every fragment that arrives.
 * @returns {Promise<unknown>}  resolves when all of it is there
 */
function upgrade(root = document) {
  const loading = [];
  for (const [selector, load] of Object.entries(behaviours)) {
    const found = [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    const fresh = found.filter((node) => !attached.get(node)?.has(selector));
    if (!fresh.length) continue;
    for (const node of fresh) attached.set(node, (attached.get(node) ?? new Set()).add(selector));
    loading.push(load().then(
      (module) => fresh.forEach((node) => module.attach(node)),
      (error) => console.error(`The behaviour ${selector} could not be loaded`, error),
    ));
  }
  return Promise.all(loading);
}

document.documentElement.classList.add("script", "started");
dialogs.start();
keys.start();
// In the text of a message the key belongs to the editor.
keys.handle("palette", (event) => (event?.target?.isContentEditable ? false : void import("./palette/palette.js").then(({ openPalette }) => openPalette())));
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-open-palette]")) keys.run("palette"); });
status.start();
upgrade().then(() => {
  document.documentElement.classList.add("ready");
  document.dispatchEvent(new CustomEvent("workmail:ready"));
  if (!settings.user) return;
  import("./offline/start.js").then((offline) => offline.start());
  import("./notices/start.js").then((notices) => notices.start());
});
// Fragments arrive by htmx and by our own scripts; both end as nodes in the page.
new MutationObserver((records) => {
  for (const record of records) for (const node of record.addedNodes) if (node.nodeType === 1 && !node.matches(".row, .day")) upgrade(node);
}).observe(document.body, { childList: true, subtree: true });
