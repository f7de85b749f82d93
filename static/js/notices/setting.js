/** The settings of notices that only the browser can grant: showing them, and being told while no page is open. */

import { $, getJson, post, settings, text } from "../page.js";
import { alert, say } from "../status.js";
import { chime } from "./sound.js";
import { subscribeWith } from "./start.js";

const { notices = {} } = settings;
const isPushPossible = () => "serviceWorker" in navigator && "PushManager" in globalThis && Boolean(settings.worker);

const octetsOf = (words) => Uint8Array.from(atob(words.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

async function askPermission() {
  if (!("Notification" in globalThis)) return "denied";
  return Notification.permission === "default" ? Notification.requestPermission() : Notification.permission;
}

/** @param {HTMLElement} root */
export function attach(root) {
  const button = $("[data-push]", root), told = $("[data-push-state]", root), form = root.closest("section").querySelector("form");
  $("[data-try-sound]", root).addEventListener("click", async () => { if (!await chime()) alert(text("notices.no_sound")); });
  form.addEventListener("change", async (event) => {
    if (event.target.name === "notify_sound" && event.target.checked) chime();
    if (event.target.name !== "notify" || event.target.value === "off") return;
    if (await askPermission() !== "granted") alert(text("notices.denied"));
  });

  const subscriptionOf = async () => (await navigator.serviceWorker.ready).pushManager.getSubscription();

  async function show() {
    const isOn = Boolean(await subscriptionOf());
    button.setAttribute("aria-pressed", String(isOn));
    told.textContent = text(isOn ? "notices.push_on" : "notices.push_off");
  }

  async function turnOn() {
    if (await askPermission() !== "granted") { alert(text("notices.denied")); return; }
    const { key } = await getJson(notices.key);
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: octetsOf(key) });
    await subscribeWith(subscription);
    say(text("notices.push_on"));
  }

  async function turnOff() {
    const subscription = await subscriptionOf();
    if (!subscription) return;
    await post(notices.unsubscribe, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
    sessionStorage.removeItem("workmail.push");
    say(text("notices.push_off"));
  }

  button.addEventListener("click", async () => {
    button.setAttribute("aria-disabled", "true");
    try {
      await (button.getAttribute("aria-pressed") === "true" ? turnOff() : turnOn());
      await show();
    } catch {
      alert(text("notices.push_failed"));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  if (isPushPossible()) show().catch(() => {});
  else {
    button.disabled = true;
    told.textContent = text("notices.push_impossible");
  }
}
