/**
 * A file of any size goes up in pieces; a lost connection only makes it wait. `sendInPieces` is for whoever shows the
 * progress, `piecesForm` makes a form with a file field do it. Without script the form itself carries the file.
 */

import { $, fill, formatPercent, post, request, Refused, Unreachable } from "./page.js";
import { alert, job, say } from "./status.js";

const RETRY_AFTER = [1, 2, 5, 15, 30];

/**
 * @param {File} file
 * @param {{url: string, piece: number, signal: AbortSignal, onProgress: (at: number, size: number) => void, onWaiting?: () => void}} how
 * @returns {Promise<string>} where to post that all of it is there
 */
export async function sendInPieces(file, { url, piece, signal, onProgress, onWaiting }) {
  const place = await (await post(url, { name: file.name, size: file.size })).json();
  let at = 0, failures = 0;
  while (at < file.size) {
    onProgress(at, file.size);
    const data = file.slice(at, at + piece);
    try {
      at = (await (await request(`${place.url}?at=${at}`, { method: "POST", data, signal })).json()).size;
      failures = 0;
    } catch (error) {
      if (error instanceof Refused && error.status === 409 && Number.isInteger(error.detail.size)) at = error.detail.size;
      else if (error instanceof Unreachable && failures < RETRY_AFTER.length * 4) {
        onWaiting?.();
        await pause(RETRY_AFTER[Math.min(failures, RETRY_AFTER.length - 1)] * 1000, signal);
        failures += 1;
      } else throw error;
    }
  }
  return place.finish;
}

/**
 * @param {HTMLFormElement} form with `data-url`, `data-piece`, `data-most` and its sentences
 * @param {{finishWith?: () => object, done: (answer: object) => void}} how what else belongs to the file, what then
 */
export function piecesForm(form, { finishWith = () => ({}), done }) {
  form.addEventListener("submit", async (event) => {
    const file = $("input[type=file]", form).files[0];
    const button = $("button.primary", form);
    if (!file) return; // the server says what is missing
    event.preventDefault();
    if (button.hasAttribute("data-busy")) return;
    if (file.size > Number(form.dataset.most)) { alert(form.dataset.tooLarge); return; }
    const stop = new AbortController();
    button.setAttribute("data-busy", "");
    button.setAttribute("aria-disabled", "true");
    const shown = job({ label: fill(form.dataset.uploading, { name: file.name }), cancel: () => stop.abort() });
    const leaving = (leave) => leave.preventDefault();
    addEventListener("beforeunload", leaving);
    try {
      const finish = await sendInPieces(file, {
        url: form.dataset.url,
        piece: Number(form.dataset.piece),
        signal: stop.signal,
        onProgress: (at, size) => shown.progress(at, size, formatPercent(at / size)),
        onWaiting: () => say(form.dataset.waiting),
      });
      const answer = await (await post(finish, finishWith())).json();
      removeEventListener("beforeunload", leaving);
      shown.done(answer.sentence);
      form.reset();
      done(answer);
    } catch (error) {
      shown.done();
      if (stop.signal.aborted) say(form.dataset.stopped);
      else if (error.message) alert(error.message);
    }
    removeEventListener("beforeunload", leaving);
    button.removeAttribute("data-busy");
    button.removeAttribute("aria-disabled");
  });
}

const pause = (duration, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, duration);
  signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});
