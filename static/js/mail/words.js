/** What the server told the mail scripts: addresses, choices, and texts in the person's language (`#mail-settings`). */

import { count as countForms, fill } from "../page.js";

const read = JSON.parse(document.getElementById("mail-settings")?.textContent || "{}");

export const settings = { urls: {}, strings: {}, markReadDelay: -1, afterArchive: "next", ...read };

/** A text; a missing one shows its key, so that it is noticed. */
export function words(key, values = {}) {
  const found = settings.strings[key];
  return fill(typeof found === "string" ? found : found?.other ?? key, values);
}

/** A text that counts. */
export const counted = (key, n, values = {}) => countForms(settings.strings[key] ?? key, n, values);
