/**
 * `#jobs[data-jobs]`: long work in the status line. What goes on has a bar and Cancel; what has ended says so until it is
 * hidden. The server writes every word; the socket only says that something has changed, and without a socket the page
 * asks now and then. A list of all work (`[data-jobs-list]`) is kept true in the same way.
 */

import { $, element, getJson, icon, post, remember, text } from "./page.js";
import { alert, say } from "./status.js";

const POLL_EVERY = 4_000; // while something goes on
const MOST_SAID = 20;
let place = null, timer = 0, asking = null, again = false;
/** Ids of what this page has seen going on: only their end is news. */
const seen = new Set();

export function attach(node) {
  place = node;
  document.addEventListener("workmail:job", ask);
  document.addEventListener("workmail:connected", (event) => { if (event.detail.missed) ask(); });
  (window.requestIdleCallback ?? ((run) => setTimeout(run, 200)))(ask, { timeout: 2_000 });
}

/** Ask what goes on; one question at a time, and one more if something changed meanwhile. */
async function ask() {
  if (asking) { again = true; return; }
  clearTimeout(timer);
  const list = $("[data-jobs-list]");
  asking = getJson(place.dataset.jobs + (list ? "?list=1" : ""));
  try {
    show(await asking, list);
  } catch {
    timer = setTimeout(ask, POLL_EVERY * 4);
  }
  asking = null;
  if (again) { again = false; ask(); }
}

function show(answer, list) {
  const { jobs } = answer;
  for (const job of jobs) {
    if (job.open) seen.add(job.id);
    else if (seen.has(job.id) && !wasSaid(job.id)) (job.failed ? alert : say)(job.words);
  }
  // One at a time has room: what goes on, else what has ended last.
  const shown = jobs.find((job) => job.open) ?? jobs.at(-1);
  const kept = $("[data-job]", place);
  if (!(shown && kept?.dataset.job === shown.id && shown.open && update(kept, shown))) {
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...[warning(answer.warning), shown && row(shown), shown && answer.more && element("a", { class: "hide-s", href: answer.all }, answer.more)].filter(Boolean));
    if (hadFocus) ($("a, button", place) ?? $("#main"))?.focus();
  }
  if (list && answer.list !== undefined) replaceList(list, answer.list);
  if (jobs.some((job) => job.open)) timer = setTimeout(ask, POLL_EVERY);
}

const warning = (found) => found && element("span", { class: "job warn" }, icon("triangle-alert", "s"), element("span", { class: "job-warning" }, found.text), element("a", { href: found.url }, found.link));

function row(job) {
  const made = element("div", { class: "job", "data-job": job.id });
  if (job.open) {
    const cancel = element("button", { type: "button", class: "btn small quiet", "aria-label": `${text("cancel")}: ${job.title}` }, text("cancel"));
    cancel.addEventListener("click", () => act(job.cancel));
    made.append(element("span", { class: "job-label" }, job.title), element("progress", { "aria-label": job.title }), element("span", { class: "num" }), cancel);
    update(made, job);
    return made;
  }
  made.append(icon(job.failed ? "circle-alert" : "check", "s"), element("span", { class: "job-warning" }, job.words));
  if (job.link) made.append(element("a", { href: job.link }, job.link_words));
  const hide = element("button", { type: "button", class: "icon small", "aria-label": job.dismiss_label, title: job.dismiss_label }, icon("x"));
  hide.addEventListener("click", () => act(job.dismiss));
  made.append(hide);
  return made;
}

function update(made, job) {
  const bar = $("progress", made), words = $(".num", made);
  if (!bar || !words) return false;
  if (job.max) { bar.max = job.max; bar.value = job.value; }
  words.textContent = job.words;
  return true;
}

/** Put the list in place; who has the focus on a control keeps it on the one of the same id. */
function replaceList(list, markup) {
  const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
  const made = new DOMParser().parseFromString(markup, "text/html");
  if (list.dataset.shown === markup.replace(/value="[\w-]{20,}"/g, "")) return;
  list.dataset.shown = markup.replace(/value="[\w-]{20,}"/g, ""); // but for the masked tokens
  list.replaceChildren(...made.body.childNodes);
  if (focused) (document.getElementById(focused) ?? $("#work-h"))?.focus();
}

async function act(url) {
  try {
    const answer = await (await post(url, {})).json();
    if (answer.sentence) say(answer.sentence);
  } catch (error) {
    if (error.message) alert(error.message);
  }
  ask();
}

/** Whether another page has said it; from now on it was. */
function wasSaid(id) {
  const said = (remember.get("jobs") ?? "").split(" ");
  if (said.includes(id)) return true;
  remember.set("jobs", [...said, id].slice(-MOST_SAID).join(" "));
  return false;
}
