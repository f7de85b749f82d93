/**
 * The service worker. Before it the server's own script says what belongs to this version (`self.workmail`).
 *
 * It keeps the shell (static files under names that change with their content). Mail is kept only where the person asked
 * for it on this device: then there is a cache named after them, and what is not asked for is not written. The cache
 * goes when they sign out, when the server shows that the session has ended, and when somebody else's page comes.
 */

"use strict";

const { version, shell, paths } = self.workmail;
const SHELL = `workmail-shell-${version}`;
const MAIL = "workmail-mail:";
const MOST_KEPT = 400;
const ID = "[0-9a-f-]{36}";
const FOLDER = new RegExp(`^${paths.mail}${ID}/$`), IN_FOLDER = new RegExp(`^(${paths.mail}${ID}/)[cm]/${ID}/$`);
const BODY = new RegExp(`^${paths.mail}m/${ID}/(?:.*/)?body/$`), DRAFT = new RegExp(`^${paths.compose}(?:draft/)?${ID}/$`);
const BEHIND = new Set([502, 503, 504]); // a proxy answers for a server that is not there
const files = new Set(shell);

// --- The shell ---------------------------------------------------------------------------------------------------

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...shell, paths.offline])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("workmail-shell-") && name !== SHELL) await caches.delete(name);
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  })());
});

self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") self.skipWaiting();
  // It speaks the language of whoever was here last.
  if (event.data === "offline-page") event.waitUntil(caches.open(SHELL).then((cache) => cache.add(paths.offline)).catch(() => {}));
});

// --- Requests ----------------------------------------------------------------------------------------------------

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === paths.signOut) event.waitUntil(forgetEverything());
  if (request.method !== "GET") return;
  if (files.has(url.pathname)) event.respondWith(ofShell(request, url));
  else if (request.mode === "navigate") event.respondWith(BODY.test(url.pathname) ? part(event) : page(event));
  else if (url.searchParams.get("part") === "reading" && IN_FOLDER.test(url.pathname)) event.respondWith(part(event));
  else if (BODY.test(url.pathname)) event.respondWith(part(event));
});

async function ofShell(request, url) {
  return await (await caches.open(SHELL)).match(url.pathname, { ignoreVary: true }) ?? fetch(request);
}

async function page(event) {
  let response;
  try {
    response = await event.preloadResponse ?? await fetch(event.request);
  } catch {
    return offline(event.request);
  }
  if (BEHIND.has(response.status) && await keptName()) return offline(event.request);
  event.waitUntil(look(event.request, response.clone()).catch(() => {}));
  return response;
}

/** A conversation for the reading pane, or the text of a message. */
async function part(event) {
  const { request } = event;
  try {
    const response = (request.mode === "navigate" ? await event.preloadResponse : null) ?? await fetch(request);
    if (BEHIND.has(response.status)) return await keptOf(request) ?? response;
    if (response.status === 200 && !response.redirected) event.waitUntil(keep(request, response.clone()).catch(() => {}));
    return response;
  } catch (error) {
    const kept = await keptOf(request);
    if (kept) return kept;
    if (request.mode === "navigate") return await caches.match(paths.offline) ?? Response.error();
    throw error;
  }
}

// --- What is kept ------------------------------------------------------------------------------------------------

const keptName = async () => (await caches.keys()).find((name) => name.startsWith(MAIL)) ?? "";

async function keptOf(request) {
  const name = await keptName();
  return name ? (await caches.open(name)).match(withoutPlace(request.url), { ignoreVary: true }) : undefined;
}

const withoutPlace = (address) => address.split("#")[0];

async function keep(request, response) {
  const name = await keptName();
  if (!name) return;
  const cache = await caches.open(name);
  await cache.put(withoutPlace(request.url), response);
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_KEPT))) if (!FOLDER.test(new URL(old.url).pathname)) await cache.delete(old);
}

/** A page came: whose is it, and is it one to keep? */
async function look(request, response) {
  const name = await keptName();
  if (!name || response.status !== 200 || new URL(request.url).pathname === paths.offline || !response.headers.get("Content-Type")?.startsWith("text/html")) return;
  const user = /"user": "([^"]*)"/.exec(await response.clone().text())?.[1];
  if (user === undefined) return;
  if (user !== name.slice(MAIL.length)) { await forgetMail(); return; }
  const url = new URL(request.url);
  if (DRAFT.test(url.pathname)) await keep(new Request(url.origin + url.pathname), response);
  if (!FOLDER.test(url.pathname) || url.search) return;
  // Of folders only the last one that was opened.
  const cache = await caches.open(name);
  for (const old of await cache.keys()) {
    const { pathname } = new URL(old.url), inside = IN_FOLDER.exec(pathname)?.[1] ?? (FOLDER.test(pathname) ? pathname : url.pathname);
    if (inside !== url.pathname) await cache.delete(old);
  }
  await keep(request, response);
}

/** What to show instead of a page that cannot be had. */
async function offline(request) {
  const name = await keptName(), { pathname, origin } = new URL(request.url);
  if (name) {
    const cache = await caches.open(name);
    const exact = await cache.match(withoutPlace(request.url), { ignoreVary: true }) ?? (DRAFT.test(pathname) ? await cache.match(origin + pathname, { ignoreVary: true }) : undefined);
    if (exact) return exact;
    const folder = (await cache.keys()).find(({ url }) => FOLDER.test(new URL(url).pathname));
    if (folder && [paths.mail, "/"].includes(pathname)) return Response.redirect(folder.url);
    // An open conversation: its list, whose script opens it from what is kept.
    if (folder && IN_FOLDER.exec(pathname)?.[1] === new URL(folder.url).pathname) return cache.match(folder, { ignoreVary: true });
  }
  return await caches.match(paths.offline, { ignoreVary: true }) ?? Response.error();
}

async function forgetMail() {
  for (const name of await caches.keys()) if (name.startsWith(MAIL)) await caches.delete(name);
}

async function forgetEverything() {
  await forgetMail();
  indexedDB.deleteDatabase("workmail"); // open pages let go of it when they hear of this
  await (await self.registration.pushManager?.getSubscription())?.unsubscribe();
}

// --- Notices -----------------------------------------------------------------------------------------------------

self.addEventListener("push", (event) => {
  let notice = {};
  try { notice = event.data.json(); } catch { /* shown without words rather than not at all */ }
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    if (pages.some((client) => client.visibilityState === "visible" && client.focused)) {
      for (const client of pages) client.postMessage({ notice });
      return; // the open page says it in its own way
    }
    await self.registration.showNotification(notice.title || "workmail", {
      body: notice.body ?? "", tag: "mail", renotify: true, icon: paths.icon, lang: notice.language ?? "", data: { url: notice.url || paths.mail },
    });
  })());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || paths.mail, self.location.origin);
  if (url.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const [client] = await self.clients.matchAll({ type: "window" });
    if (!client) { await self.clients.openWindow(url.href); return; }
    await client.focus();
    client.postMessage({ open: url.href });
  })());
});
