/**
 * `form[data-import]`: a file of any size goes up in pieces; a lost connection only makes it wait. Without script the
 * form itself carries the file.
 */

import { $, fill, formatPercent, post, request, Refused, Unreachable } from "../page.js";
import { alert, job, say } from "../status.js";

const RETRY_AFTER = [1, 2, 5, 15, 30];
const form = $("form[data-import]");
form?.addEventListener("submit", onSubmit);

async function onSubmit(event) {
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
    const place = await (await post(form.dataset.url, { name: file.name, size: file.size })).json();
    await send(file, place.url, stop.signal, shown);
    const data = { "file-folder": $("select", form).value };
    const { sentence } = await (await post(place.finish, data)).json();
    shown.done(sentence);
    form.reset();
    document.dispatchEvent(new CustomEvent("workmail:job"));
  } catch (error) {
    shown.done();
    if (stop.signal.aborted) say(form.dataset.stopped);
    else if (error.message) alert(error.message);
  }
  removeEventListener("beforeunload", leaving);
  button.removeAttribute("data-busy");
  button.removeAttribute("aria-disabled");
}

async function send(file, url, signal, shown) {
  let at = 0, failures = 0;
  while (at < file.size) {
    shown.progress(at, file.size, formatPercent(at / file.size));
    const data = file.slice(at, at + Number(form.dataset.piece));
    try {
      at = (await (await request(`${url}?at=${at}`, { method: "POST", data, signal })).json()).size;
      failures = 0;
    } catch (error) {
      if (error instanceof Refused && error.status === 409 && Number.isInteger(error.detail.size)) at = error.detail.size;
      else if (error instanceof Unreachable && failures < RETRY_AFTER.length * 4) {
        say(form.dataset.waiting);
        await pause(RETRY_AFTER[Math.min(failures, RETRY_AFTER.length - 1)] * 1000, signal);
        failures += 1;
      } else throw error;
    }
  }
}

const pause = (duration, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, duration);
  signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});
