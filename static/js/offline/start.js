/**
 * What makes the page an application of its own: the service worker, whose version changes only when the person says
 * so; whose things this browser keeps; what waits for the connection.
 */

import { $, settings } from "../page.js";
import { offerReload } from "../status.js";
import { forgetEverything, forgetMail, keepAhead } from "./keeping.js";
import { get, put } from "./store.js";
import { offerToTakeBack, sendLeft, showLeft } from "./waiting.js";

const LONGEST_FORGETTING = 1_500;

/** Somebody else's page: nothing of the one before may stay. */
async function settleOwner() {
  try {
    const owner = await get("meta", "owner");
    if (owner && owner.user !== settings.user) await forgetEverything();
    if (owner?.user !== settings.user) await put("meta", { name: "owner", user: settings.user });
  } catch { /* a browser that keeps nothing has nothing to forget */ }
  await forgetMail({ but: settings.user }).catch(() => {});
}

/** Forget first, then sign out: when the next page comes, nothing is left. */
function forgetAtSignOut() {
  let done = false;
  document.addEventListener("submit", async (event) => {
    if (done || new URL(event.target.action, location.href).pathname !== settings.signOut) return;
    event.preventDefault();
    done = true;
    await Promise.race([forgetEverything(), new Promise((go) => { setTimeout(go, LONGEST_FORGETTING); })]);
    event.target.requestSubmit(event.submitter);
  });
}

async function register() {
  if (!("serviceWorker" in navigator) || !settings.worker) return;
  const registration = await navigator.serviceWorker.register(settings.worker, { scope: "/", updateViaCache: "none" });
  let mayReload = false;
  const offer = (worker) => offerReload(() => { mayReload = true; worker.postMessage("skip-waiting"); });
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed" && navigator.serviceWorker.controller) offer(installing);
    });
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (mayReload) location.reload(); });
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.open && new URL(data.open, location.href).origin === location.origin) location.assign(data.open);
  });
  const { language } = settings, shown = await get("meta", "language").catch(() => null);
  if (shown?.language !== language) {
    (await navigator.serviceWorker.ready).active?.postMessage("offline-page");
    await put("meta", { name: "language", language }).catch(() => {});
  }
}

/** The newest of the folder that is shown, for reading without a connection. */
function keepFolder() {
  const rows = $("[data-grid][data-changes-url] .set");
  if (!rows) return;
  let timer = 0;
  const soon = (after) => {
    clearTimeout(timer);
    timer = setTimeout(() => keepAhead([...rows.querySelectorAll(".row:not([data-draft])")].map((row) => ({ url: $("a.hit", row).href, version: row.dataset.version }))), after);
  };
  document.addEventListener("mail:changed", () => soon(3_000));
  navigator.serviceWorker?.addEventListener("controllerchange", () => soon(500));
  soon(1_500);
}

export async function start() {
  forgetAtSignOut();
  await settleOwner();
  register().catch((error) => console.warn("Without a service worker:", error.message));
  keepFolder();
  addEventListener("online", () => { sendLeft(); });
  addEventListener("offline", () => { showLeft(); });
  document.addEventListener("workmail:connected", () => { sendLeft(); });
  document.addEventListener("workmail:signed-in", () => { sendLeft(); });
  await sendLeft();
  await offerToTakeBack();
}
