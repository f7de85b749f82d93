/** `form[data-import]`: a file of any size is uploaded in pieces, then imported. */

import { $ } from "../page.js";
import { piecesForm } from "../pieces.js";

const form = $("form[data-import]");
if (form) {
  piecesForm(form, {
    finishWith: () => ({ "file-folder": $("select", form).value }),
    done: () => document.dispatchEvent(new CustomEvent("workmail:job")),
  });
}
