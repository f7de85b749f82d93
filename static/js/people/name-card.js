/**
 * A card over a name: `a[data-name-card]` shows its address in a popover instead of following it. `data-trust` says
 * what was checked about this message's sender. Esc and a click elsewhere close it; the focus goes back to the name.
 */

import { $, element, focusFirst, request } from "../page.js";
import { alert } from "../status.js";

const GAP = 6;
let asked = 0, opener = null;

const isPlainClick = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

function popover() {
  let card = $("#name-card");
  if (!card) {
    card = element("div", { class: "menu name-card", id: "name-card", popover: "auto", role: "dialog", "aria-labelledby": "name-card-h" });
    document.body.append(card);
  }
  return card;
}

/** Under the name, or above it where there is no room. */
function place(card, link) {
  const at = link.getBoundingClientRect(), size = card.getBoundingClientRect();
  const below = at.bottom + GAP + size.height <= innerHeight;
  card.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - size.width - GAP))}px`;
  card.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - size.height - GAP)}px`;
}

async function show(link) {
  const turn = ++asked;
  let html = "";
  try {
    html = await (await request(link.href, { accept: "text/html" })).text();
  } catch (error) {
    if (error.message) alert(error.message);
    return;
  }
  if (turn !== asked || !link.isConnected) return;
  const card = popover(), template = document.createElement("template");
  template.innerHTML = html;
  card.replaceChildren(template.content);
  const trust = $("[data-trust]", card), words = link.dataset.trust;
  if (trust && words) { trust.textContent = words; trust.hidden = false; }
  opener = link; // where the focus returns to
  card.showPopover();
  place(card, link);
  focusFirst($("a[href], button", card));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-name-card]");
  if (!link || !isPlainClick(event) || !HTMLElement.prototype.showPopover) return;
  event.preventDefault();
  show(link);
});

// The page behind has its own use for Esc; while the card is open it closes the card.
document.addEventListener("keydown", (event) => {
  const card = $("#name-card");
  if (event.key !== "Escape" || !card?.matches(":popover-open")) return;
  event.preventDefault();
  event.stopPropagation();
  card.hidePopover();
  opener?.focus({ preventScroll: true });
}, true);
