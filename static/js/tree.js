/**
 * `[data-tree]`: nested lists of links become a tree with one tab stop. The icon `.tw` folds and unfolds, the name
 * opens; what is folded is remembered in this browser.
 */

import { $$, idOf, isVisible, remember } from "./page.js";

export function attach(tree) {
  const key = `folded.${tree.id || tree.getAttribute("aria-label") || "tree"}`;
  const folded = new Set(JSON.parse(remember.get(key) || "[]"));
  const items = () => $$("a", tree);
  const shown = () => items().filter(isVisible);
  const nameOf = (item) => item.id || item.getAttribute("href");

  function prepare() {
    tree.setAttribute("role", "tree");
    for (const entry of $$("li", tree)) entry.setAttribute("role", "none");
    const all = items();
    for (const item of all) {
      item.setAttribute("role", "treeitem");
      const group = groupOf(item);
      if (!group) continue;
      group.setAttribute("role", "group");
      item.setAttribute("aria-owns", idOf(group));
      item.setAttribute("aria-expanded", String(!folded.has(nameOf(item))));
    }
    const stop = all.find((item) => item.tabIndex === 0 && item.hasAttribute("tabindex")) ??
      all.find((item) => item.hasAttribute("aria-current")) ?? all[0];
    for (const item of all) item.tabIndex = item === stop ? 0 : -1;
  }

  const groupOf = (item) => (item.nextElementSibling?.matches("ul") ? item.nextElementSibling : null);
  const parentOf = (item) => item.closest("ul[role=group]")?.previousElementSibling ?? null;

  function focus(item) {
    if (!item) return;
    for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    item.focus();
  }

  function unfold(item, open) {
    item.setAttribute("aria-expanded", String(open));
    folded[open ? "delete" : "add"](nameOf(item));
    remember.set(key, JSON.stringify([...folded]));
    tree.dispatchEvent(new CustomEvent("tree:toggle", { bubbles: true, detail: { item, open } }));
  }

  let typed = "", typedAt = 0;
  function typeAhead(letter) {
    typed = performance.now() - typedAt > 700 ? letter : typed + letter;
    typedAt = performance.now();
    const all = shown(), at = all.indexOf(document.activeElement), wanted = typed.toLowerCase();
    const from = typed.length > 1 ? at : at + 1;
    const found = [...all.slice(from), ...all.slice(0, from)]
      .find((item) => item.textContent.trim().toLowerCase().startsWith(wanted));
    focus(found);
    return Boolean(found);
  }

  tree.addEventListener("click", (event) => {
    const twisty = event.target.closest(".tw"), item = event.target.closest("a");
    if (!twisty || !item) return;
    event.preventDefault();
    event.stopPropagation();
    unfold(item, item.getAttribute("aria-expanded") !== "true");
  }, true);

  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest("a");
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = shown(), at = all.indexOf(item), expanded = item.getAttribute("aria-expanded");
    const act = {
      ArrowDown: () => focus(all[at + 1]),
      ArrowUp: () => focus(all[at - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all.at(-1)),
      ArrowRight: () => (expanded === "false" ? unfold(item, true) : expanded === "true" && focus(all[at + 1])),
      ArrowLeft: () => (expanded === "true" ? unfold(item, false) : focus(parentOf(item))),
      " ": () => item.click(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
    // A letter that finds a folder searches here; any other stays a shortcut.
    else if (/^[\p{L}\p{N}]$/u.test(event.key) && typeAhead(event.key)) event.stopPropagation();
  });

  prepare();
  new MutationObserver(prepare).observe(tree, { childList: true, subtree: true });
}
