/**
 * What the page told its scripts: settings, texts in the person's language, the CSRF token; and ways to ask the server.
 *
 * @typedef {Record<string, string>} Forms  a text for each plural category: one, few, many, other
 */

const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}");

/** @type {Record<string, string | Forms>} */
const strings = read("ui-strings");

/** What the server says about this page; see `Page.settings` in workmail/ui/context.py. */
export const settings = read("ui-settings");

export const language = settings.language || document.documentElement.lang || "en";
/** English of many countries: 24 hours, the day before the month; the same choice as on the server. */
export const locale = language === "en" ? "en-GB" : language;

const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Put values into `{name}` places. */
export const fill = (template, values = {}) =>
  template.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));

/** A text of the page's language; a missing one shows its key, so that it is noticed. */
export function text(key, values = {}) {
  const found = strings[key];
  return fill(typeof found === "string" ? found : found?.other ?? key, values);
}

/**
 * A text that counts. `forms` is a key, an object of forms, or an element with data-one, data-few, … data-other.
 * @param {string | Forms | HTMLElement} forms
 */
export function count(forms, n, values = {}) {
  const known = typeof forms === "string" ? strings[forms] : forms instanceof HTMLElement ? forms.dataset : forms;
  const template = known?.[plurals.select(n)] ?? known?.other ?? String(forms);
  return fill(template, { n: numbers.format(n), ...values });
}

export const formatNumber = (n) => numbers.format(n);

export const formatPercent = (share) =>
  new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(share).replace(" ", "\u00a0");

/** A size as the server writes it: 240 KB, 1.2 MB; 1 KB is 1,024 octets. */
export function formatSize(octets) {
  const units = ["kilobyte", "megabyte", "gigabyte", "terabyte"];
  let size = octets / 1024, unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1024; unit += 1; }
  const options = { style: "unit", unit: units[unit], unitDisplay: "short", maximumFractionDigits: size < 10 ? 1 : 0 };
  return new Intl.NumberFormat(locale, options).format(size).replace("kB", "KB").replace(" ", "\u00a0");
}

/** The time of day, in the person's zone and with their 12 or 24 hours. */
export function clock(date = new Date()) {
  const options = { hour: "2-digit", minute: "2-digit" };
  if (settings.hourCycle) options.hour12 = settings.hourCycle === "12";
  if (settings.timeZone) options.timeZone = settings.timeZone;
  return new Intl.DateTimeFormat(locale, options).format(date);
}

// --- Asking the server -------------------------------------------------------------------------------------------

export const csrfToken = () => $('meta[name="csrf-token"]')?.content ?? "";

/** After signing in again the old token is void: put the new one wherever the page keeps it. */
export function setCsrfToken(token) {
  $('meta[name="csrf-token"]')?.setAttribute("content", token);
  if (document.body.hasAttribute("hx-headers")) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  }
  for (const input of $$('input[name="csrfmiddlewaretoken"]')) input.value = token;
}

/** The server said no, and why. */
export class Refused extends Error {
  constructor(message, status, code = "", detail = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail; // the whole answer
  }
}

/** The server could not be reached: the same request may be sent again. */
export class Unreachable extends Error {}

/** The session has ended: nothing was done. */
export class SignedOut extends Error {}

/**
 * Send a request and return the response.
 * @param {string} url
 * @param {{method?: string, data?: Record<string, unknown> | FormData | URLSearchParams, key?: string,
 *          accept?: string, signal?: AbortSignal}} [options]  `key`: the idempotency key of an action
 * @throws {Refused | Unreachable | SignedOut}
 */
export async function request(url, { method = "GET", data, key, accept = "application/json", signal } = {}) {
  const headers = { Accept: accept, "X-Requested-With": "XMLHttpRequest" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (key) headers["Idempotency-Key"] = key;
  let response;
  try {
    // An action that was shown as done must arrive even when the page goes away in the same moment.
    const keepalive = Boolean(key) && !(data instanceof FormData);
    response = await fetch(url, { method, headers, body: asBody(data), signal, credentials: "same-origin", keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(error.message);
  }
  if (response.status === 401 || isSignIn(response.url)) {
    document.dispatchEvent(new CustomEvent("workmail:signed-out"));
    throw new SignedOut();
  }
  if (response.ok) return response;
  if (response.status === 502 || response.status === 504) throw new Unreachable(String(response.status));
  const problem = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
  throw new Refused(problem.message || text("status.failed"), response.status, problem.code, problem);
}

export const getJson = async (url, options = {}) => (await request(url, options)).json();

export const post = (url, data, options = {}) => request(url, { ...options, method: "POST", data });

/** Whether an address is that of the sign-in page: where the server sends whoever has no session. */
export const isSignIn = (url) =>
  Boolean(settings.signIn) && new URL(url, location.href).pathname === settings.signIn &&
  location.pathname !== settings.signIn;

function asBody(data) {
  if (data === undefined || data instanceof Blob || data instanceof FormData || data instanceof URLSearchParams) return data;
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(data)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined && each !== null) body.append(name, each);
  }
  return body;
}

// --- Small things ------------------------------------------------------------------------------------------------

/** Build an element; children are nodes or texts, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A reference to an icon of the page's sprite. */
export function icon(name, css = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${css}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

let lastId = 0;
/** Give the element an id if it has none, and return it. */
export const idOf = (node) => (node.id ||= `ui-${(lastId += 1)}`);

export const isVisible = (node) => Boolean(node?.isConnected && node.getClientRects().length);

/** Whether what is typed there is text. */
export const isTextField = (node) =>
  Boolean(node) && (node.isContentEditable || /^(TEXTAREA|SELECT)$/.test(node.tagName) ||
  (node.tagName === "INPUT" && !/^(checkbox|radio|button|submit|reset|range|file|image|color)$/.test(node.type)));

export const remember = {
  get(key) { try { return localStorage.getItem(`workmail.${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`workmail.${key}`, value); } catch { /* private mode: forget it */ } },
};

/** The first of some nodes that can take the focus, and does. */
export function focusFirst(...nodes) {
  const found = nodes.find((node) => node && isVisible(node));
  if (!found) return null;
  if (found.tabIndex < 0 && !found.hasAttribute("tabindex")) found.tabIndex = -1;
  found.focus();
  return found;
}
