/**
 * Around htmx: a partial update never moves the focus, shows that it works after 300 ms, says what failed, and never
 * puts the sign-in page into a pane.
 */

import { $, isSignIn, text } from "./page.js";
import { alert } from "./status.js";

const BUSY_AFTER = 300;
const timers = new WeakMap();
let focusedId = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target ?? event.target;
  timers.set(event.detail.xhr, setTimeout(() => {
    target.setAttribute("aria-busy", "true");
    target.classList.add("waits");
  }, BUSY_AFTER));
});

document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(timers.get(event.detail.xhr));
  const target = event.detail.target ?? event.target;
  target.removeAttribute("aria-busy");
  target.classList.remove("waits");
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 401 || isSignIn(event.detail.xhr.responseURL || location.href)) {
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    document.dispatchEvent(new CustomEvent("workmail:signed-out"));
    return;
  }
  focusedId = document.activeElement?.id ?? "";
});

document.addEventListener("htmx:afterSwap", () => {
  if (focusedId && document.activeElement === document.body) document.getElementById(focusedId)?.focus({ preventScroll: true });
});

document.addEventListener("htmx:sendError", () => alert(text("status.failed")));
document.addEventListener("htmx:timeout", () => alert(text("status.failed")));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.getResponseHeader("HX-Trigger")?.includes("workmail:refused")) return; // the status line says it already
  alert(text("status.failed"));
});
// Hidden history snapshots would keep decrypted mail in the browser's storage; none are made (historyCacheSize is 0).
document.addEventListener("htmx:historyRestore", () => $("#main")?.focus());
