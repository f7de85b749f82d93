/**
 * Mail kept on this device. Off until the person asks for it here, for this browser: what is shared by several people
 * must not keep anybody's mail. A cache named after the person is the permission; the service worker fills it.
 */

import { settings } from "../page.js";
import { clear } from "./store.js";

const MAIL = "workmail-mail:";

export const isPossible = () => "serviceWorker" in navigator && "caches" in globalThis && Boolean(settings.worker);

/** Whether mail of this person is kept here. */
export async function isKept() {
  try { return Boolean(settings.user) && isPossible() && await caches.has(MAIL + settings.user); } catch { return false; }
}

export async function keepMail(on) {
  if (on) await caches.open(MAIL + settings.user);
  else await forgetMail();
}

export async function forgetMail({ but = "" } = {}) {
  if (!("caches" in globalThis)) return;
  for (const name of await caches.keys()) if (name.startsWith(MAIL) && name !== MAIL + but) await caches.delete(name);
}

/** Everything: when somebody signs out, and before somebody else sees anything. */
export async function forgetEverything() {
  await Promise.allSettled([forgetMail(), clear(), endPush()]);
}

async function endPush() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

/** How many messages can be read without a connection. */
export async function countKept() {
  if (!await isKept()) return 0;
  const keys = await (await caches.open(MAIL + settings.user)).keys();
  return keys.filter(({ url }) => new URL(url).searchParams.get("part") === "reading").length;
}

const MOST_AHEAD = 30;
const kept = new Map(); // by address: the version of the row when it was fetched

/**
 * Keep the newest conversations of the folder, quietly, one after the other.
 * @param {{url: string, version: string}[]} rows
 */
export async function keepAhead(rows) {
  if (!navigator.serviceWorker?.controller || !await isKept()) return;
  for (const { url, version } of rows.slice(0, MOST_AHEAD)) {
    if (navigator.onLine === false || kept.get(url) === version) continue;
    kept.set(url, version);
    const address = new URL(url, location.href);
    address.searchParams.set("part", "reading");
    try {
      const response = await fetch(address, { headers: { Accept: "text/html", "X-Requested-With": "XMLHttpRequest" } });
      if (!response.ok || response.redirected) continue;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const frame of page.querySelectorAll("iframe[data-body-frame]")) await fetch(frame.getAttribute("src"));
    } catch {
      kept.delete(url);
      return;
    }
    await new Promise((go) => { setTimeout(go, 50); });
  }
}

/** Keep a page that was not opened by going there, such as that of a draft begun a moment ago. */
export async function keepPage(address) {
  if (!await isKept()) return;
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) await (await caches.open(MAIL + settings.user)).put(new URL(address, location.href).href, response);
  } catch { /* it is kept the next time */ }
}
