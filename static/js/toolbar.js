/** `[data-toolbar]`: one tab stop, arrow keys between the buttons (WAI-ARIA toolbar). */

import { isVisible } from "./page.js";

const CONTROLS = "button, a[href], select, input:not([type=hidden])";

/** The controls of one box share a tab stop. `pick` is called with the one that gets the focus. */
export function roving(box, selector = CONTROLS, pick = null) {
  const items = () => [...box.querySelectorAll(selector)].filter(isVisible);
  const settle = () => {
    const all = [...box.querySelectorAll(selector)];
    const chosen = all.find((item) => item.getAttribute("aria-selected") === "true") ??
      all.find((item) => item.tabIndex === 0 && isVisible(item)) ?? all.find(isVisible) ?? all[0];
    for (const item of all) item.tabIndex = item === chosen ? 0 : -1;
  };
  const move = (item) => {
    for (const other of box.querySelectorAll(selector)) other.tabIndex = other === item ? 0 : -1;
    item.focus();
    pick?.(item);
  };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=text], input[type=search]")) return;
    const all = items(), at = all.indexOf(event.target.closest(selector));
    if (at < 0) return;
    const forward = getComputedStyle(box).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
    const next = step ? all[(at + step + all.length) % all.length] : { Home: all[0], End: all.at(-1) }[event.key];
    if (!next || (event.target.tagName === "SELECT" && !step)) return;
    event.preventDefault();
    move(next);
  });
  // What was the tab stop may have been hidden since (a bulk bar, a narrow page).
  box.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (item) for (const other of box.querySelectorAll(selector)) other.tabIndex = other === item ? 0 : -1;
  });
  new ResizeObserver(() => { if (!isVisible(box.querySelector(`[tabindex="0"]`))) settle(); }).observe(box);
  settle();
  return { settle, move };
}

export function attach(box) {
  if (!box.hasAttribute("role")) box.setAttribute("role", "toolbar");
  roving(box);
}
