/**
 * The live connection. The socket says "collection C is at number n" and no more; whoever shows C asks the server with
 * their own rights. A socket that was lost costs nothing: after a gap, and each minute without a socket, everyone who
 * watches a collection is told to ask from the number they have.
 *
 * Events on `document`: `workmail:changed` {collection, modseq}, `workmail:badge` {…}, `workmail:connected` {missed}.
 */

import { settings } from "./page.js";
import { setConnection, updated } from "./status.js";

const WAITS = [1, 2, 5, 15, 30];
const GIVES_UP_AFTER = 4; // attempts
const POLL_EVERY = 60_000;
const PING_EVERY = 25_000, PONG_WITHIN = 10_000;
const SESSION_ENDED = 4401;

/** @type {Map<string, number>} the highest number heard of each collection */
const heard = new Map();
/** @type {Set<{collection: string, modseq: number, callback: (why: {modseq: number, missed: boolean}) => unknown}>} */
const watchers = new Set();
let socket = null, failures = 0, wasOpen = false, timer = 0, pollTimer = 0, pingTimer = 0, pongTimer = 0;

/** The highest number heard of a collection; 0 when it was never mentioned. */
export const lastModseq = (collection) => heard.get(collection) ?? 0;

/**
 * Be told when a collection passes `modseq`: at its bell, after a gap, and each minute while there is no socket.
 * @param {string} collection
 * @param {number} modseq  what the page shows
 * @param {(why: {modseq: number, missed: boolean}) => unknown} callback  may return the number it now shows
 * @returns {(() => void) & {shown(modseq: number): void}}  ends the watch; `shown` says what the page shows now
 */
export function watch(collection, modseq, callback) {
  const watcher = { collection, modseq: Number(modseq) || 0, callback };
  watchers.add(watcher);
  const off = () => watchers.delete(watcher);
  off.shown = (now) => { watcher.modseq = Math.max(watcher.modseq, Number(now) || 0); };
  if (lastModseq(collection) > watcher.modseq) tell(watcher, lastModseq(collection), false);
  return off;
}

async function tell(watcher, modseq, missed) {
  const now = await watcher.callback({ modseq, missed });
  if (Number(now)) watcher.modseq = Math.max(watcher.modseq, Number(now));
  updated();
}

function askEveryone() {
  for (const watcher of watchers) tell(watcher, lastModseq(watcher.collection), true);
}

/** What the socket, or a test, has to say. */
export function receive(message) {
  if (message.collection) {
    const modseq = Number(message.modseq);
    if (modseq > lastModseq(message.collection)) heard.set(message.collection, modseq);
    document.dispatchEvent(new CustomEvent("workmail:changed", { detail: { collection: message.collection, modseq } }));
    for (const watcher of watchers) {
      if (watcher.collection === message.collection && modseq > watcher.modseq) tell(watcher, modseq, false);
    }
  }
  if (message.shares) document.dispatchEvent(new CustomEvent("workmail:shares"));
  if (message.job) document.dispatchEvent(new CustomEvent("workmail:job", { detail: { job: message.job } }));
  if (message.badge) document.dispatchEvent(new CustomEvent("workmail:badge", { detail: message.badge }));
  if (message.pong) clearTimeout(pongTimer);
}

// --- The socket --------------------------------------------------------------------------------------------------

function connect() {
  clearTimeout(timer);
  if (socket || !settings.live) return;
  if (navigator.onLine === false) return lost();
  if (failures < GIVES_UP_AFTER) setConnection(wasOpen || failures ? "reconnecting" : "connecting");
  let opening;
  try {
    opening = new WebSocket(new URL(settings.live, location.href.replace(/^http/, "ws")));
  } catch {
    return lost();
  }
  socket = opening;
  opening.addEventListener("open", () => {
    const missed = wasOpen || failures > 0;
    failures = 0;
    wasOpen = true;
    stopPolling();
    setConnection("online");
    schedulePing();
    document.dispatchEvent(new CustomEvent("workmail:connected", { detail: { missed } }));
    // Also the first time: what changed between the page's making and this moment rang no bell here.
    askEveryone();
  });
  opening.addEventListener("message", (event) => {
    try { receive(JSON.parse(event.data)); } catch (error) { console.error("Not understood:", event.data, error); }
  });
  opening.addEventListener("close", (event) => {
    if (socket !== opening) return;
    if (event.code === SESSION_ENDED) {
      socket = null;
      stopPings();
      setConnection("offline");
      document.dispatchEvent(new CustomEvent("workmail:signed-out"));
      return;
    }
    lost();
  });
  return undefined;
}

function lost() {
  socket = null;
  stopPings();
  failures += 1;
  const isOffline = navigator.onLine === false;
  // Trying goes on; but who has waited this long is told how the page helps itself meanwhile.
  setConnection(isOffline ? "offline" : failures < GIVES_UP_AFTER ? "reconnecting" : "polling");
  if (!pollTimer) pollTimer = setInterval(askEveryone, POLL_EVERY);
  const wait = WAITS[Math.min(failures - 1, WAITS.length - 1)] * 1000;
  timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

function stopPolling() {
  clearInterval(pollTimer);
  pollTimer = 0;
}

/** A connection may die without a word: behind it the pings are not answered. */
function schedulePing() {
  clearInterval(pingTimer);
  pingTimer = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send("ping");
    clearTimeout(pongTimer);
    pongTimer = setTimeout(() => drop(), PONG_WITHIN);
  }, PING_EVERY);
}

function stopPings() {
  clearInterval(pingTimer);
  clearTimeout(pongTimer);
}

function drop() {
  const dead = socket;
  if (!dead) return;
  lost();
  dead.close();
}

/** Try at once: the person is back, the network is back, or they have signed in again. */
export function reconnectNow() {
  if (!settings.live || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
  connect();
}

let attachedOnce = false;
export function attach() {
  if (attachedOnce || !settings.live) return;
  attachedOnce = true;
  addEventListener("online", reconnectNow);
  addEventListener("offline", () => { drop(); setConnection("offline"); });
  document.addEventListener("workmail:signed-in", reconnectNow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) reconnectNow(); });
  addEventListener("pagehide", () => { const open = socket; socket = null; stopPings(); clearTimeout(timer); open?.close(); });
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
}
