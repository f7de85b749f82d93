/** The setting that keeps mail on this device. It belongs to the browser, not to the person: each device is asked anew. */

import { $, count, text } from "../page.js";
import { alert, say } from "../status.js";
import { countKept, isKept, isPossible, keepMail } from "./keeping.js";

export async function attach(root) {
  const box = $("input[type=checkbox]", root), told = $("[data-kept-count]", root);
  if (!isPossible()) {
    $("[data-keep-impossible]", root).hidden = false;
    box.disabled = true;
    return;
  }
  const show = async () => {
    box.checked = await isKept();
    told.textContent = box.checked ? count("offline.kept", await countKept()) : "";
  };
  const keep = async (on) => {
    await keepMail(on);
    await show();
  };
  box.addEventListener("change", async () => {
    const { checked } = box;
    try {
      await keep(checked);
      say(text(checked ? "offline.on" : "offline.off"), checked ? () => keep(false) : null);
    } catch {
      await show();
      alert(text("offline.failed"));
    }
  });
  await show();
}
