/**
 * `[data-split="list"]`: the border between two panes, moved by the pointer or by arrow keys (WAI-ARIA window splitter).
 * Sets `--split-list` on its parent, in rem, between `data-min` and `data-max`; this browser remembers it.
 */

import { remember } from "./page.js";

const STEP = 1;

export function attach(separator) {
  const name = separator.dataset.split, parent = separator.parentElement;
  const least = Number(separator.dataset.min ?? 16), most = Number(separator.dataset.max ?? 40);
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const previous = separator.previousElementSibling;
  separator.setAttribute("role", "separator");
  separator.setAttribute("aria-orientation", "vertical");
  separator.setAttribute("aria-valuemin", String(least));
  separator.setAttribute("aria-valuemax", String(most));
  if (previous) separator.setAttribute("aria-controls", (previous.id ||= `pane-${name}`));
  separator.tabIndex = 0;

  const measured = () => Math.round(((previous?.offsetWidth ?? 0) / rem()) * 4) / 4;
  const width = () => Number(separator.getAttribute("aria-valuenow"));
  function set(value, keep = true) {
    const now = Math.round(Math.min(Math.max(value, least), most) * 4) / 4;
    separator.setAttribute("aria-valuenow", String(now));
    parent.style.setProperty(`--split-${name}`, `${now}rem`);
    if (keep) remember.set(`split.${name}`, String(now));
  }

  const kept = Number(remember.get(`split.${name}`));
  if (kept) set(kept, false);
  else separator.setAttribute("aria-valuenow", String(measured() || least));

  const forward = () => (getComputedStyle(parent).direction === "rtl" ? -1 : 1);
  separator.addEventListener("keydown", (event) => {
    const to = {
      ArrowRight: width() + STEP * forward(), ArrowLeft: width() - STEP * forward(), Home: least, End: most,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(to);
  });
  separator.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    separator.setPointerCapture(event.pointerId);
    const from = event.clientX, began = (previous?.offsetWidth ?? 0) / rem();
    const move = (at) => set(began + ((at.clientX - from) / rem()) * forward());
    separator.addEventListener("pointermove", move);
    separator.addEventListener("lostpointercapture", () => separator.removeEventListener("pointermove", move), { once: true });
  });
  separator.addEventListener("dblclick", () => {
    parent.style.removeProperty(`--split-${name}`);
    remember.set(`split.${name}`, "");
    separator.setAttribute("aria-valuenow", String(measured()));
  });
}
