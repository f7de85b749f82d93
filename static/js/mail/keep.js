/** `form[data-keep-file]`: saves a received attachment among one's files, without leaving the message. */

import { $, post } from "../page.js";
import { alert, say } from "../status.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest?.("form[data-keep-file]");
  if (!form) return;
  event.preventDefault();
  const button = $("button", form);
  if (button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  try {
    const { sentence } = await (await post(form.action, {})).json();
    say(sentence);
  } catch (error) {
    if (error.message) alert(error.message);
  }
  button.removeAttribute("aria-disabled");
});
