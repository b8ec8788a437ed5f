// The browser's part in passkeys: fetch what it is to be asked, let the device sign it, send the answer, go where that leads.
const roots = window.PublicKeyCredential ? document.querySelectorAll("[data-passkey]") : [];
let filling;

for (const root of roots) {
  root.hidden = false;
  root.querySelector("[data-passkey-start]").addEventListener("click", () => run(root));
  if ("autofill" in root.dataset) offerInField(root);
}

// Passkeys among what the browser proposes in the username field; ends when the button is used.
async function offerInField(root) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  filling = new AbortController();
  try {
    const credential = await get((await send(root, root.dataset.options)).options, { mediation: "conditional", signal: filling.signal });
    await finish(root, credential);
  } catch (error) {
    if (error.name !== "AbortError") explain(root, error);
  }
}

async function run(root) {
  filling?.abort();
  root.querySelector("[data-passkey-refusal]").hidden = true;
  busy(root, true);
  try {
    const { options } = await send(root, root.dataset.options);
    await finish(root, await (root.dataset.passkey === "create" ? create(options) : get(options, {})));
  } catch (error) {
    explain(root, error);
    busy(root, false);
  }
}

async function finish(root, credential) {
  const name = root.dataset.name ? document.getElementById(root.dataset.name).value : undefined;
  const { next } = await send(root, root.dataset.answer, { credential: json(credential), next: root.dataset.next, name });
  location.assign(next);
}

async function send(root, url, body) {
  const headers = { "X-CSRF-Token": root.dataset.csrf, Accept: "application/json", "Content-Type": "application/json" };
  const reply = await fetch(url, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  if (reply.redirected) {
    location.assign(reply.url);
    return new Promise(() => {});
  }
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw Object.assign(new Error(answer.detail ?? ""), { name: "Refused" });
  return answer;
}

function create(options) {
  const { challenge, user, excludeCredentials } = options;
  const publicKey = { ...options, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) }, excludeCredentials: excludeCredentials?.map(known) };
  return navigator.credentials.create({ publicKey });
}

function get(options, more) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: options.allowCredentials?.map(known) };
  return navigator.credentials.get({ publicKey, ...more });
}

const known = (credential) => ({ ...credential, id: bytes(credential.id) });

// As PublicKeyCredential.toJSON writes it, for browsers that do not have it yet.
function json(credential) {
  const { response } = credential;
  const written = { clientDataJSON: text(response.clientDataJSON) };
  for (const field of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (response[field]) written[field] = text(response[field]);
  if (response.getTransports) written.transports = response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: written, clientExtensionResults: {} };
}

const bytes = (base64url) => Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function explain(root, error) {
  const refusal = root.querySelector("[data-passkey-refusal]");
  const { cancelled, known: already, failed } = refusal.dataset;
  const words = { Refused: error.message, NotAllowedError: cancelled, AbortError: cancelled, InvalidStateError: already };
  refusal.querySelector("span").textContent = words[error.name] || failed;
  refusal.hidden = false;
}

function busy(root, isBusy) {
  const button = root.querySelector("[data-passkey-start]");
  const label = button.querySelector("span");
  button.dataset.words ??= label.textContent;
  button.disabled = isBusy;
  if (isBusy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  label.textContent = isBusy ? button.dataset.busyText : button.dataset.words;
}
