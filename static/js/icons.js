/** Fragments bring references to icons; those that the page's sprite lacks are asked for once, together. */

import { $, $$, settings } from "./page.js";

const asked = new Set();

async function complete(root) {
  const names = $$("use", root)
    .map((use) => use.getAttribute("href")?.slice(3) ?? "")
    .filter((name) => name && !asked.has(name) && !document.getElementById(`i-${name}`));
  const missing = [...new Set(names)].slice(0, 40);
  if (!missing.length || !settings.icons) return;
  missing.forEach((name) => asked.add(name));
  const response = await fetch(`${settings.icons}?names=${missing.join(",")}`).catch(() => null);
  if (!response?.ok) { missing.forEach((name) => asked.delete(name)); return; }
  const symbols = new DOMParser().parseFromString(await response.text(), "text/html").querySelectorAll("symbol");
  $("#icons")?.append(...symbols);
}

new MutationObserver((records) => {
  for (const record of records) {
    for (const node of record.addedNodes) if (node.nodeType === 1 && ($("use", node) || node.matches("use"))) complete(node);
  }
}).observe(document.body, { childList: true, subtree: true });
