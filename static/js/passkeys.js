/**
 * `form[data-passkey="get|create"]`: asks the server what to ask (`data-begin`), the device for its answer, and sends
 * the form with it. Nothing is kept here; without script, or where no passkey can be, the form is not shown.
 */

import { $, $$, post, Refused } from "./page.js";
import { alert } from "./status.js";

const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
const works = Boolean(globalThis.PublicKeyCredential) && isSecureContext && !isAddress;

for (const form of $$("form[data-passkey]")) {
  const isNew = form.dataset.passkey === "create";
  if (!works) {
    $("[data-passkey-unavailable]")?.removeAttribute("hidden");
    if (isNew) $("button.primary", form).disabled = true;
    continue;
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => onSubmit(event, form, isNew));
}

async function onSubmit(event, form, isNew) {
  event.preventDefault();
  const button = $("button", form);
  if (button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  try {
    const asked = isNew ? new FormData(form) : {};
    const answer = await post(form.dataset.begin, isNew ? Object.fromEntries(asked) : asked);
    const { options, ticket } = await answer.json();
    const publicKey = isNew ? forCreation(options) : forRequest(options);
    const credential = isNew ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
    form.elements.ticket.value = ticket;
    form.elements.credential.value = JSON.stringify(written(credential));
    if (form.elements.remember) form.elements.remember.value = $("form:not([data-passkey]) [name=remember]")?.checked ? "on" : "";
    if (isNew) {
      form.action = form.dataset.finish;
      $("[type=password]", form).value = "";
    }
    form.submit();
  } catch (error) {
    button.removeAttribute("aria-disabled");
    const reason = error instanceof DOMException ? form.dataset.refused : error.message || form.dataset.refused;
    const place = $("[data-problem]", form);
    place.textContent = reason;
    place.hidden = false;
    alert(reason);
    if (error instanceof Refused && error.detail?.field) form.elements[error.detail.field]?.focus();
  }
}

const forCreation = (options) => ({
  ...options,
  challenge: read(options.challenge),
  user: { ...options.user, id: read(options.user.id) },
  excludeCredentials: (options.excludeCredentials ?? []).map(withId),
});

const forRequest = (options) => ({
  ...options,
  challenge: read(options.challenge),
  allowCredentials: (options.allowCredentials ?? []).map(withId),
});

const withId = (credential) => ({ ...credential, id: read(credential.id) });

/** The answer as WebAuthn's own JSON has it. */
function written(credential) {
  const { response } = credential, values = { clientDataJSON: write(response.clientDataJSON) };
  if (response.attestationObject) {
    values.attestationObject = write(response.attestationObject);
    values.transports = response.getTransports?.() ?? [];
  } else {
    values.authenticatorData = write(response.authenticatorData);
    values.signature = write(response.signature);
    if (response.userHandle) values.userHandle = write(response.userHandle);
  }
  return {
    id: credential.id,
    rawId: write(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: values,
  };
}

function read(text) {
  const octets = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(octets, (character) => character.charCodeAt(0));
}

function write(buffer) {
  const octets = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
  return btoa(octets).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
