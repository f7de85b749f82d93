/**
 * `[data-session-lost]`: opens when the server no longer knows the session. Signing in happens in a frame inside, or in
 * a window of its own; the page and a draft stay. Afterwards the page gets its new CSRF token and goes on.
 */

import { $, getJson, setCsrfToken, settings, text } from "./page.js";
import { open } from "./dialog.js";
import { alert, say } from "./status.js";

export function attach(dialog) {
  const frame = $("iframe", dialog), words = $("[data-session-text]", dialog);

  async function check() {
    if (!dialog.open || !settings.session) return;
    const state = await getJson(settings.session).catch(() => null);
    if (!state?.user) return;
    if (settings.user && state.user !== settings.user) {
      words.textContent = text("session.other");
      return;
    }
    setCsrfToken(state.csrf);
    dialog.close();
    say(text("live.back"));
    document.dispatchEvent(new CustomEvent("workmail:signed-in"));
  }

  document.addEventListener("workmail:signed-out", () => {
    if (dialog.open) return;
    words.textContent = text("session.lost");
    if (frame) {
      frame.src = frame.dataset.src;
      frame.hidden = false;
    }
    open(dialog);
    alert(text("session.lost"));
  });
  frame?.addEventListener("load", check);
  $("[data-session-check]", dialog)?.addEventListener("click", check);
  addEventListener("focus", check);
}
