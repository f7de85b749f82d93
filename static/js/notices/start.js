/**
 * News of the inbox while a page is open, on whatever page: a notice of the browser and a sound, as the person wants
 * them. One tab does it for all; what comes together is told together.
 */

import { getJson, post, settings } from "../page.js";
import { chime } from "./sound.js";

const GATHERED = 1_200, PAUSE = 10_000;
const { notices = {} } = settings;

const mayShow = () => globalThis.Notification?.permission === "granted";

/** As long as this tab is seen it holds a lock that says so to the others. */
function sayWhenSeen() {
  let release = null;
  const look = () => {
    if (!document.hidden && !release) {
      let seen = true;
      release = () => { seen = false; release = null; };
      navigator.locks.request("workmail-seen", { mode: "shared" }, () => (seen ? new Promise((go) => { release = () => { release = null; go(); }; }) : null));
    } else if (document.hidden) release?.();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => release?.());
  addEventListener("pageshow", look);
  look();
}

async function isSeen() {
  if (!navigator.locks) return !document.hidden;
  return !document.hidden || ((await navigator.locks.query()).held ?? []).some(({ name }) => name === "workmail-seen");
}

class News {
  constructor() {
    this.state = null;
    this.timer = 0;
    this.toldAt = -PAUSE;
    this.begun = this.ask();
    document.addEventListener("workmail:changed", ({ detail }) => { if (!this.state || detail.collection === this.state.inbox) this.soon(); });
    document.addEventListener("workmail:connected", ({ detail }) => { if (detail.missed) this.soon(); });
  }

  soon() {
    this.timer ||= setTimeout(async () => {
      await this.begun;
      this.timer = 0;
      this.ask();
    }, Math.max(GATHERED, this.toldAt + PAUSE - performance.now()));
  }

  async ask() {
    try {
      const answer = await getJson(this.state ? `${notices.news}?after=${this.state.last}` : notices.news);
      this.state = answer;
      if (answer.count && answer.title) await this.tell(answer);
    } catch { /* the next bell asks again, from the same message on */ }
  }

  async tell({ title, body, url }) {
    this.toldAt = performance.now();
    if (notices.when !== "all" && await isSeen()) {
      if (notices.when === "off" && notices.sound) chime();
      return;
    }
    if (notices.sound) chime();
    if (notices.when !== "off" && mayShow()) await show(title, body, url);
  }
}

/** By the worker if there is one: then it stays when the page goes, and a notice by push takes its place. */
async function show(title, body, url) {
  const options = { body, tag: "mail", renotify: true, icon: notices.icon, lang: settings.language, data: { url } };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) { await registration.showNotification(title, options); return; }
  const notice = new Notification(title, options);
  notice.addEventListener("click", () => { notice.close(); focus(); location.assign(url); });
}

/** A session that begins anew knows nothing of the browser that is told by push: say it again. */
async function tellServer() {
  const subscription = await (await navigator.serviceWorker?.getRegistration())?.pushManager?.getSubscription();
  if (!subscription || sessionStorage.getItem("workmail.push") === settings.user) return;
  await subscribeWith(subscription);
}

export async function subscribeWith(subscription) {
  const { keys } = subscription.toJSON();
  await post(notices.subscribe, { endpoint: subscription.endpoint, point: keys.p256dh, auth: keys.auth });
  sessionStorage.setItem("workmail.push", settings.user);
}

export function start() {
  if (!notices.news) return;
  if (navigator.locks) sayWhenSeen();
  tellServer().catch(() => {});
  if (notices.when === "off" && !notices.sound) return;
  const lead = () => { new News(); };
  if (!navigator.locks) { lead(); return; }
  const stand = () => navigator.locks.request("workmail-news", () => new Promise((release) => {
    addEventListener("pagehide", release, { once: true });
    lead();
  }));
  stand();
}
