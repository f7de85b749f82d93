/** The page Files: uploading in pieces, copying a link. Everything else is a form. */

import { $, $$ } from "./page.js";
import { piecesForm } from "./pieces.js";
import { alert, say } from "./status.js";

const form = $("form[data-pieces]");
if (form) piecesForm(form, { done: (answer) => location.assign(answer.url) });

for (const button of $$("[data-copy]")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say(button.dataset.copied);
    } catch {
      alert(button.dataset.notCopied);
    }
  });
}

const order = $("#files-order");
order?.addEventListener("change", () => order.form.requestSubmit());
