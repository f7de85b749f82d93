/**
 * `[data-body-frame]`: the frame of a message's text.
 *
 * The text is a page of its own, from our address, with its own policy (`default-src 'none'`, no script source), in a
 * frame whose sandbox has `allow-same-origin` but never `allow-scripts`: nothing in it can run, whatever a sender wrote
 * and whatever the sanitizer let through, and because nothing runs, sharing our origin gives it nothing. It gives us
 * its height, and the keys that are pressed in it. (A frame of a foreign origin could tell its height only by a script
 * of its own, which is exactly what must not be.) `srcdoc` is not used: it would inherit the policy of this page.
 */

const SAFE = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";

export function attach(frame) {
  // A frame without its sandbox, or with scripts allowed, must not show anybody's mail.
  if (!frame.sandbox?.length || frame.sandbox.contains("allow-scripts")) frame.setAttribute("sandbox", SAFE);
  let measured = null;
  const grow = () => {
    const body = frame.contentDocument?.body;
    if (!body) return;
    const height = Math.ceil(Math.max(body.scrollHeight, frame.contentDocument.documentElement.offsetHeight));
    if (height && Math.abs(height - frame.clientHeight) > 1) frame.style.height = `${height}px`;
  };
  const ready = () => {
    const inside = frame.contentDocument;
    if (!inside?.body || inside === measured || inside.URL === "about:blank") return;
    measured = inside;
    mirrorTheme(frame, inside);
    grow();
    new ResizeObserver(grow).observe(inside.body);
    for (const image of inside.images) image.addEventListener("load", grow);
    inside.addEventListener("keydown", (event) => forward(frame, event));
    // A wide newsletter scrolls sideways in its own frame, and a link never replaces the frame's page.
    for (const link of inside.querySelectorAll("a[href], area[href]")) {
      link.target = link.getAttribute("href").startsWith("#") ? "" : "_blank";
      link.rel = "noopener noreferrer";
    }
    frame.dispatchEvent(new CustomEvent("frame:ready", { bubbles: true }));
  };
  frame.addEventListener("load", ready);
  new ResizeObserver(grow).observe(frame);
  if (frame.contentDocument?.readyState === "complete") ready();
}

/** Text that brings no colours of its own may follow the page's theme; the server marks it with `data-plain`. */
function mirrorTheme(frame, inside) {
  const root = inside.documentElement;
  root.lang ||= frame.lang || "";
  const apply = () => {
    const { theme, reading } = document.documentElement.dataset;
    const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "dark" : "light";
    root.dataset.reading = reading ?? "m";
  };
  apply();
  new MutationObserver(apply).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-reading"] });
}

/** A key pressed in the text is a shortcut of the page; Esc gives the focus back to the message. */
function forward(frame, event) {
  if (event.key === "Escape") {
    event.preventDefault();
    (frame.closest("[tabindex]") ?? frame).focus();
    return;
  }
  if (/^(Arrow|Page|Home|End| |Tab)/.test(event.key)) return; // reading and scrolling stay the browser's
  const copy = new KeyboardEvent("keydown", {
    key: event.key, code: event.code, ctrlKey: event.ctrlKey, altKey: event.altKey, metaKey: event.metaKey,
    shiftKey: event.shiftKey, repeat: event.repeat, bubbles: true, cancelable: true,
  });
  frame.dispatchEvent(copy);
  if (copy.defaultPrevented) event.preventDefault();
}

