/**
 * Acts that wait for the server beyond the life of their page. They are kept with their idempotency keys: whoever sends
 * one again, from whatever tab, the server carries it out once. A tab that is open sends its own; what a closed one
 * left behind is sent by one tab, in order.
 */

import { count, getJson, post, Refused, setCsrfToken, settings, SignedOut, text, Unreachable } from "../page.js";
import { alert, say, setLeft } from "../status.js";
import { isKept } from "./keeping.js";
import { all, get, put, remove } from "./store.js";

const TOO_OLD = 14 * 24 * 3_600_000;
/** A random name; without a secure connection browsers make none. */
export const newId = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));

const tab = newId();

/** A lock that lasts as long as the page says that this tab still lives. */
function live() {
  navigator.locks?.request(`workmail-tab-${tab}`, () => new Promise((release) => { addEventListener("pagehide", release, { once: true }); }));
}

live();
addEventListener("pageshow", (event) => { if (event.persisted) live(); });

const pairsOf = (data) => {
  if (data instanceof FormData || data instanceof URLSearchParams) return [...data].filter(([, value]) => typeof value === "string");
  return Object.entries(data ?? {}).flatMap(([name, value]) => (Array.isArray(value) ? value : [value])
    .filter((each) => each !== undefined && each !== null).map((each) => [name, String(each)]));
};

/**
 * Keep an act until the server has it.
 * @param {{key: string, url: string, data?: object, kind?: "act" | "send", id?: string, save?: string, edit?: string}} act
 *   `id`, `edit`: of the draft that is sent; `save`: where the text of a message goes when it cannot be sent
 */
export async function keepAct({ key, url, data, kind = "act", id = "", save = "", edit = "" }) {
  await put("acts", { key, url, pairs: pairsOf(data), kind, id, save, edit, at: Date.now(), tab, user: settings.user });
}

export const forgetAct = (key) => remove("acts", key).catch(() => {});

/** What waits, oldest first, of this person. */
export async function waitingActs() {
  try {
    return (await all("acts")).filter(({ user }) => user === settings.user).sort((a, b) => a.at - b.at);
  } catch { return []; }
}

async function livingTabs() {
  const { held = [] } = await navigator.locks?.query() ?? {};
  return new Set(held.map(({ name }) => name));
}

/** What waits and no open page will send. */
async function leftBehind() {
  const living = await livingTabs(), acts = await waitingActs();
  return acts.filter((act) => act.kind === "send" || (act.tab !== tab && !living.has(`workmail-tab-${act.tab}`)));
}

export async function showLeft() {
  setLeft((await leftBehind()).length + (await draftsLeft()).length);
  watchOthers();
}

const watched = new Set();

/** What an open page has waiting is left behind in the moment it closes. */
async function watchOthers() {
  if (!navigator.locks) return;
  const living = await livingTabs();
  for (const { tab: other } of await waitingActs()) {
    const name = `workmail-tab-${other}`;
    if (other === tab || watched.has(other) || !living.has(name)) continue;
    watched.add(other);
    navigator.locks.request(name, () => {}).then(() => sendLeft());
  }
}

/** A message that waits for the connection can be taken back as long as it waits. */
export async function offerToTakeBack() {
  const [act] = (await waitingActs()).filter(({ kind }) => kind === "send").reverse();
  if (!act) return;
  say(text("waiting.send_waits"), async () => {
    await forgetAct(act.key);
    await put("drafts", { id: act.id, url: act.save, pairs: act.pairs, at: Date.now(), tab: "", user: settings.user });
    location.assign(act.edit);
    return text("status.undone");
  });
}

/** Send what closed pages left behind; one tab does it at a time. */
export async function sendLeft() {
  if (navigator.onLine === false) { await showLeft(); return; }
  const name = "workmail-waiting";
  let isMine = true;
  const work = async (lock) => { isMine = lock !== null; if (isMine) await send(); };
  await (navigator.locks ? navigator.locks.request(name, { ifAvailable: true }, work) : work());
  if (!isMine) await navigator.locks.request(name, () => {}); // another tab sends: what is left shows when it is done
  await showLeft();
}

async function send() {
  let sent = 0;
  const acts = await leftBehind(), drafts = await draftsLeft();
  if (!acts.length && !drafts.length) return;
  // This page may be an old one, from what is kept: its token, or even its session, may be over.
  const session = await getJson(settings.session).catch(() => null);
  if (session?.user !== settings.user) return;
  setCsrfToken(session.csrf);
  for (const act of acts) {
    if (Date.now() - act.at > TOO_OLD) { await forgetAct(act.key); continue; }
    try {
      await post(act.url, new URLSearchParams(act.pairs), { key: act.key });
      await forgetAct(act.key);
      sent += 1;
    } catch (error) {
      if (error instanceof Unreachable || error instanceof SignedOut) break;
      if (error instanceof Refused && error.status >= 500) break;
      await refused(act, error);
    }
  }
  for (const draft of drafts) {
    try { await sendDraft(draft); sent += 1; } catch { break; }
  }
  if (sent) say(count("waiting.sent", sent));
  if (sent) document.dispatchEvent(new CustomEvent("workmail:sent-left"));
}

/** Keep a text until the server has it. Only where the person lets this device keep mail. */
export async function keepDraft(id, url, data) {
  if (await isKept()) await put("drafts", { id, url, pairs: pairsOf(data), at: Date.now(), tab, user: settings.user });
}

export const forgetDraft = (id) => remove("drafts", id).catch(() => {});

/** What was written here and is not on the server yet. */
export async function draftOf(id) {
  const kept = await get("drafts", id).catch(() => null);
  return kept?.user === settings.user ? kept : null;
}

async function draftsLeft() {
  const living = await livingTabs();
  const drafts = await all("drafts").catch(() => []);
  return drafts.filter((draft) => draft.user === settings.user && draft.tab !== tab && !living.has(`workmail-tab-${draft.tab}`));
}

async function sendDraft({ id, url, pairs }) {
  try {
    await post(url, new URLSearchParams(pairs));
  } catch (error) {
    if (!(error instanceof Refused) || error.status >= 500) throw error;
    // Somebody has changed it since: both are kept.
    if (error.detail?.reason === "edited") await post(url.replace(id, newId()), new URLSearchParams(pairs.filter(([name]) => !["revision", "sequence"].includes(name))));
  }
  await forgetDraft(id);
}

async function refused(act, error) {
  // It had left already, and only the answer was lost.
  if (act.kind === "send" && error.detail?.reason === "sent") { await forgetAct(act.key); return; }
  if (act.kind === "send" && act.save) {
    try { await post(act.save, new URLSearchParams(act.pairs)); } catch (failure) { if (failure instanceof Unreachable) return; }
  }
  await forgetAct(act.key);
  alert(text(act.kind === "send" ? "waiting.not_sent" : "status.refused", { reason: error.message }));
}
