/**
 * Acting at once: the page changes in the same frame, the server follows. What the server refuses is put back and said;
 * what it cannot be asked waits, in order, until it can. A request that is sent again carries the same key, and the
 * server acts once.
 */

import { post, Refused, settings, SignedOut, text, Unreachable } from "./page.js";
import { forgetAct, keepAct, newId } from "./offline/waiting.js";
import { alert, say, setWaiting } from "./status.js";

/**
 * @typedef {object} Act
 * @property {() => (void | (() => void))} [apply]  changes the page; returns what puts it back
 * @property {string} url
 * @property {Record<string, unknown>} [data]
 * @property {string} [said]  shown at once; the server's own sentence replaces it
 * @property {(answer: any) => void} [done]  after the server's answer
 * @property {string} [undoUrl]  by default `settings.undo`
 * @property {(answer: any) => Record<string, unknown>} [undoData]  by default `{undo: answer.undo}`
 * @property {boolean} [quiet]  says nothing when all went well, keeps the Undo of the action before
 */

/** @type {{act: Act, key: string, resolve: (answer: any) => void, back: null | (() => void), kept?: boolean}[]} */
const queue = [];
let working = false, retryTimer = 0, undoBeforeAnswer = null;

export const newKey = newId;

/** How many actions wait for the server. */
export const waitingCount = () => queue.length;

/**
 * Do it now, tell the server.
 * @param {Act} act
 * @returns {Promise<any>}  the server's answer, or null when it was refused
 */
export function perform(act) {
  const key = newKey();
  const back = act.apply?.() ?? null;
  return new Promise((resolve) => {
    const entry = { act, key, resolve, back };
    queue.push(entry);
    // Undo before the answer takes the action out of the queue, or waits for the answer and then undoes it.
    if (!act.quiet) say(act.said ?? text("busy"), () => undoEarly(entry));
    work();
  });
}

async function work() {
  if (working) return;
  working = true;
  clearTimeout(retryTimer);
  while (queue.length) {
    const entry = queue[0];
    try {
      const answer = await (await post(entry.act.url, entry.act.data, { key: entry.key })).json();
      queue.shift();
      if (entry.kept) forgetAct(entry.key);
      settle(entry, answer);
    } catch (error) {
      if (error instanceof Unreachable) {
        wait(true);
        working = false;
        return;
      }
      if (error instanceof SignedOut) {
        wait(false);
        working = false;
        return;
      }
      queue.shift();
      if (entry.kept) forgetAct(entry.key);
      refuse(entry, error);
    }
    setWaiting(0);
  }
  working = false;
}

function wait(saySo) {
  setWaiting(queue.length);
  // Kept beyond the life of this page, with the key: whoever sends it again, it is done once.
  for (const entry of queue) {
    if (entry.kept) continue;
    entry.kept = true;
    keepAct({ key: entry.key, url: entry.act.url, data: entry.act.data }).then(
      () => { if (!queue.includes(entry)) forgetAct(entry.key); },
      () => { entry.kept = false; },
    );
  }
  if (saySo && queue.length === 1) say(text("status.queued"), () => undoEarly(queue[0]));
  retryTimer = setTimeout(work, 5_000);
}

function settle(entry, answer) {
  const { act } = entry;
  act.done?.(answer);
  entry.resolve(answer);
  if (undoBeforeAnswer === entry) {
    undoBeforeAnswer = null;
    inverse(entry, answer).then((sentence) => say(sentence), (error) => alert(error.message));
    return;
  }
  if (act.quiet) return;
  say(answer.sentence ?? act.said ?? "", answer.undo ? () => inverse(entry, answer) : null, { again: false });
}

/** Take an action back on the server, and what it did in the page. */
async function inverse(entry, answer) {
  const { act } = entry;
  const undoUrl = act.undoUrl ?? settings.undo;
  const undone = await (await post(undoUrl, act.undoData?.(answer) ?? { undo: answer.undo }, { key: newKey() })).json();
  entry.back?.();
  document.dispatchEvent(new CustomEvent("workmail:undone", { detail: { act, answer, undone } }));
  return undone.sentence ?? text("status.undone");
}

/** Undo pressed before the server has answered. */
async function undoEarly(entry) {
  const at = queue.indexOf(entry);
  if (at > 0 || (at === 0 && !working)) {
    queue.splice(at, 1);
    if (entry.kept) forgetAct(entry.key);
    setWaiting(working ? 0 : queue.length);
    entry.back?.();
    entry.resolve(null);
    return text("status.undone");
  }
  undoBeforeAnswer = entry;
  return text("busy");
}

function refuse(entry, error) {
  entry.back?.();
  entry.resolve(null);
  const reason = error instanceof Refused || error instanceof Error ? error.message : "";
  alert(reason ? text("status.refused", { reason }) : text("status.failed"));
}

addEventListener("online", work);
document.addEventListener("workmail:connected", work);
document.addEventListener("workmail:signed-in", work);
addEventListener("beforeunload", (event) => { if (queue.some(({ kept }) => !kept)) event.preventDefault(); });
