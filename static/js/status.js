/**
 * The status line: says what just happened, keeps Undo until the next action, never disappears by itself.
 */

import { $, $$, clock, count, element, formatNumber, isTextField, locale, settings, text } from "./page.js";

/** @type {null | (() => unknown)} */
let undoing = null;
const ARRIVAL_PAUSE = 30_000;
const TYPING_PAUSE = 3_000;

/**
 * Say what happened.
 * @param {string} message  a whole sentence
 * @param {(() => unknown) | null} [undo]  does the inverse; may return a promise
 * @param {{again?: boolean}} [options]  `again: false`: what stands there already was heard already
 */
export function say(message, undo = null, { again = true } = {}) {
  const place = $("#did-text");
  if (!place) return;
  // The same sentence twice must be heard twice: a live region speaks only when its text changes.
  const stands = place.textContent.trim() === message;
  if (!stands || again) place.textContent = place.textContent === message ? `${message}\u00a0` : message;
  undoing = undo;
  const button = undoButton();
  if (button) {
    button.closest("[data-undo-form]")?.replaceWith(button); // what this page did replaces what the last one did
    button.type = "button";
    button.hidden = !undo;
  }
}

/** Say what failed and needs an answer now: sending, a lost session. Interrupts a screen reader. */
export function alert(message) {
  say(message);
  const place = $("#alert-text");
  if (place) place.textContent = place.textContent === message ? `${message}\u00a0` : message;
}

export const message = () => $("#did-text")?.textContent ?? "";

/** Undo the last action; says so when there is none. */
export async function undo() {
  const button = undoButton();
  if (!undoing) {
    const form = button?.closest("[data-undo-form]");
    if (form && !button.hidden) return form.requestSubmit();
    if (button?.hidden ?? true) say(text("status.nothing_to_undo"));
    return undefined;
  }
  const inverse = undoing;
  undoing = null;
  if (button) button.hidden = true;
  try {
    const said = await inverse();
    say(typeof said === "string" ? said : text("status.undone"));
  } catch (error) {
    alert(error.message || text("status.undo_failed"));
  }
  return undefined;
}

const undoButton = () => $("[data-undo]");

// --- Arrivals ----------------------------------------------------------------------------------------------------

let arrived = { n: 0, from: "" }, lastArrival = -ARRIVAL_PAUSE, arrivalTimer = 0, lastTyped = 0;

/**
 * Tell a screen reader of new messages, gathered: at most once in 30 seconds, and not while the person types.
 * @param {number} n
 * @param {{from?: string, known?: boolean}} [details]  of the latest
 */
export function announceArrival(n, { from = "", known = true } = {}) {
  if (settings.announce === "nothing" || (settings.announce === "known" && !known)) return;
  arrived = { n: arrived.n + n, from: from || arrived.from };
  scheduleArrival();
}

function scheduleArrival() {
  if (arrivalTimer) return;
  const now = performance.now();
  const wait = Math.max(lastArrival + ARRIVAL_PAUSE - now, isTyping() ? lastTyped + TYPING_PAUSE - now : 0, 0);
  arrivalTimer = setTimeout(() => {
    arrivalTimer = 0;
    if (isTyping()) return scheduleArrival();
    lastArrival = performance.now();
    const place = $("#arrivals-text");
    if (place) place.textContent = count(arrived.from ? "arrivals.from" : "arrivals", arrived.n, { name: arrived.from });
    arrived = { n: 0, from: "" };
    return undefined;
  }, wait);
}

const isTyping = () => isTextField(document.activeElement) && performance.now() - lastTyped < TYPING_PAUSE;

// --- Connection --------------------------------------------------------------------------------------------------

let offlineSince = null, waiting = 0, left = 0, state = "";
/** When the page was as the server has it. */
let asOf = settings.madeAt ? new Date(settings.madeAt) : null;

/** @param {"online" | "connecting" | "reconnecting" | "polling" | "offline"} now */
export function setConnection(now) {
  const place = $("[data-live]");
  if (!place) return;
  offlineSince = now === "offline" ? offlineSince ?? new Date() : null;
  state = now;
  place.dataset.state = now;
  showConnection();
}

/** The list was just read: it is as the server has it. */
export function upToDate() {
  asOf = new Date();
  updated();
}

/** The page shows what the server has: say since when. */
export function updated() {
  if (state === "online") $("[data-live-detail]")?.replaceChildren(text("live.updated", { time: clock() }));
}

/** How many actions of this page wait for the connection. */
export function setWaiting(n) {
  waiting = n;
  showConnection();
}

/** How many actions wait that another page left behind. */
export function setLeft(n) {
  left = n;
  showConnection();
}

/** A new version of the program is there. Nothing changes until the person says so. */
export function offerReload(reload) {
  const place = $("[data-new-version]");
  if (!place) return;
  place.hidden = false;
  $("button", place).addEventListener("click", reload, { once: true });
}

function showConnection() {
  const words = {
    online: text("live.online"), connecting: text("live.connecting"), reconnecting: text("live.reconnecting"),
    polling: text("live.polling"), offline: offlineWords(),
  }[state];
  const n = waiting + left, parts = [words, n ? count("live.waiting", n) : ""].filter(Boolean);
  $("[data-live-state]")?.replaceChildren(parts.join(" "));
  if (state !== "online") $("[data-live-detail]")?.replaceChildren();
  else updated();
}

/** "Offline: shown is the state of 14:02", for lists of mail; for other pages since when. */
function offlineWords() {
  if (asOf && $("[data-grid]")) {
    const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: settings.timeZone || undefined });
    const time = day.format(asOf) === day.format(new Date()) ? clock(asOf) : `${day.format(asOf)}, ${clock(asOf)}`;
    return text("live.offline_state", { time });
  }
  return text("live.offline", { time: offlineSince ? clock(offlineSince) : "" });
}

// --- Unread ------------------------------------------------------------------------------------------------------

/** Show a number in the top bar (`[data-badge="mail"]`) and everywhere else that carries the same name. */
export function setBadge(name, n) {
  for (const place of $$(`[data-badge="${name}"]`)) {
    place.hidden = !n;
    const number = $("[data-badge-number]", place), words = $("[data-badge-words]", place);
    if (number) number.textContent = formatNumber(n);
    if (words) words.textContent = count("badge.unread", n);
  }
}

/** Keep "Inbox (12) · Fernhill" true. */
export function setTitleCount(n) {
  const [name, ...rest] = document.title.split(" · ");
  const bare = name.replace(/ \([\d\s.,\u00a0\u202f]+\)$/, "");
  document.title = [n ? `${bare} (${formatNumber(n)})` : bare, ...rest].join(" · ");
}

// --- Long work ---------------------------------------------------------------------------------------------------

/**
 * Show long work in the status line. Nothing appears for what takes under 300 ms.
 * @param {{label: string, cancel?: () => void, cancelLabel?: string}} what
 * @returns {{progress(value: number, max: number, words?: string): void, done(message?: string): void}}
 */
export function job({ label, cancel, cancelLabel }) {
  const bar = element("progress", { "aria-label": label }), words = element("span", { class: "num" });
  const row = element("div", { class: "job" }, element("span", { class: "job-label" }, label), bar, words);
  if (cancel) {
    const button = element("button", { type: "button", class: "btn small quiet" }, cancelLabel ?? text("cancel"));
    button.addEventListener("click", cancel);
    row.append(button);
  }
  const timer = setTimeout(() => $("#jobs")?.append(row), 300);
  return {
    progress(value, max, said = "") {
      if (max) { bar.max = max; bar.value = value; }
      words.textContent = said;
    },
    done(said = "") {
      clearTimeout(timer);
      row.remove();
      if (said) say(said);
    },
  };
}

/** What can be undone only for some seconds (sending) says so when they are over, unless something else was said since. */
function closeInTime(form) {
  const said = message();
  setTimeout(() => { if (form.isConnected && message() === said) say(form.dataset.then); }, Number(form.dataset.seconds) * 1000);
}

export function start() {
  const limited = $("[data-undo-form][data-seconds]");
  if (limited) closeInTime(limited);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-undo]");
    if (button && !button.closest("[data-undo-form]")) undo();
    const saying = event.target.closest?.("[data-say]");
    if (saying) say(saying.dataset.say);
  });
  document.addEventListener("input", () => { lastTyped = performance.now(); });
  document.addEventListener("workmail:refused", (event) => alert(text("status.refused", { reason: event.detail.message })));
  document.addEventListener("workmail:say", (event) => say(event.detail.message));
}
