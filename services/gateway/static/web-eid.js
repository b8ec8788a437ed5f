// The page's side of the Web eID message protocol, library version 2.
// Only messages of this window and origin are read; what belongs to other conversations is ignored.

const LIBRARY_VERSION = "2.0.2";
const EXTENSION_LOAD_MS = 1_000;
const ACK_MS = 1_000;
const NATIVE_APP_MS = 5_000;
const USER_INTERACTION_MS = 120_000;
const TOKEN_FIELDS = ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion"];

const loadedAt = performance.now();
let pending = null;

/** What went wrong: `code` is ERR_WEBEID_..., `details` whatever the extension said besides. */
export class WebEidError extends Error {
  constructor(code, message = code, details = {}) {
    super(message);
    this.name = "WebEidError";
    this.code = code;
    this.details = details;
  }
}

/**
 * Ask the card holder to say who they are.
 * @param {{nonce: string, lang?: string, timeout?: number}} options nonce: the server's challenge, at least
 *   44 characters of base64; timeout: how long the person may take, in milliseconds.
 * @returns {Promise<object>} the token, to be sent to the server as it is
 */
export async function authenticate({ nonce, lang, timeout = USER_INTERACTION_MS } = {}) {
  if (typeof nonce !== "string" || nonce.length < 44) {
    throw new WebEidError("ERR_WEBEID_MISSING_PARAMETER", "nonce is missing or too short");
  }
  const options = { lang, userInteractionTimeout: timeout };
  const message = { action: "web-eid:authenticate", libraryVersion: LIBRARY_VERSION, challengeNonce: nonce, options };
  const answer = await send(message, ACK_MS + NATIVE_APP_MS + timeout);
  return Object.fromEntries(TOKEN_FIELDS.map((field) => [field, answer[field]]));
}

/** Return the versions `{library, extension, nativeApp}`; refuse with ERR_WEBEID_VERSION_MISMATCH if one is too old. */
export async function status() {
  const message = { action: "web-eid:status", libraryVersion: LIBRARY_VERSION };
  const { extension, nativeApp } = await send(message, ACK_MS + NATIVE_APP_MS);
  const versions = { library: LIBRARY_VERSION, extension, nativeApp };
  const requiresUpdate = { extension: isOlder(extension), nativeApp: isOlder(nativeApp) };
  if (requiresUpdate.extension || requiresUpdate.nativeApp) {
    throw new WebEidError("ERR_WEBEID_VERSION_MISMATCH", "an update is required", { versions, requiresUpdate });
  }
  return versions;
}

function isOlder(version) {
  return Number.parseInt(version, 10) < Number.parseInt(LIBRARY_VERSION, 10);
}

async function send(message, timeoutMs) {
  if (pending) throw new WebEidError("ERR_WEBEID_ACTION_PENDING", "one request at a time");
  if (!window.isSecureContext) throw new WebEidError("ERR_WEBEID_CONTEXT_INSECURE", "https is needed");
  const answer = new Promise((resolve, reject) => {
    pending = { action: message.action, resolve, reject };
  });
  const request = pending;
  try {
    await extensionLoaded();
    const missing = new WebEidError("ERR_WEBEID_EXTENSION_UNAVAILABLE", "the extension did not answer");
    const late = new WebEidError("ERR_WEBEID_ACTION_TIMEOUT", "no answer in time");
    request.ackTimer = setTimeout(() => request.reject(missing), ACK_MS);
    request.replyTimer = setTimeout(() => request.reject(late), timeoutMs);
    window.postMessage(message, window.location.origin);
    return await answer;
  } finally {
    clearTimeout(request.ackTimer);
    clearTimeout(request.replyTimer);
    pending = null;
  }
}

/** The extension's content script gets a second, counted from when this module was loaded. */
function extensionLoaded() {
  const leftMs = EXTENSION_LOAD_MS - (performance.now() - loadedAt);
  return leftMs > 0 ? new Promise((resolve) => setTimeout(resolve, leftMs)) : Promise.resolve();
}

function refusal(error) {
  const { code = "ERR_WEBEID_UNKNOWN_ERROR", message, ...details } = error ?? {};
  return new WebEidError(code, message, details);
}

window.addEventListener("message", ({ source, origin, data }) => {
  if (source !== window || origin !== window.location.origin || typeof data?.action !== "string") return;
  if (data.action === "web-eid:warning") {
    for (const warning of data.warnings ?? []) console.warn(warning);
  } else if (pending && data.action === `${pending.action}-ack`) {
    clearTimeout(pending.ackTimer);
  } else if (pending && data.action === `${pending.action}-success`) {
    pending.resolve(data);
  } else if (pending && data.action === `${pending.action}-failure`) {
    pending.reject(refusal(data.error));
  }
});
