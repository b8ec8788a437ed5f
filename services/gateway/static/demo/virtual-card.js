// Demo only: answers in place of the Web eID extension, with virtual cards of made-up people.
// The page's real client and the server's real checks run; only extension, reader and card are played here.

import { askForCard } from "./virtual-card-dialog.js";
import { textsIn } from "./virtual-card-texts.js";

const VERSIONS = { extension: "2.2.0", nativeApp: "2.7.0+virtual" };
const APP_VERSION = "https://web-eid.eu/web-eid-app/releases/2.7.0+virtual";
const HASHES = { ES384: "SHA-384", RS256: "SHA-256" };
const KEYS = {
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};
let busy = false;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Of(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** Sign `H(origin) || H(nonce)`; WebCrypto's ECDSA signature is raw R||S already. */
async function tokenOf(card, nonce) {
  const hash = HASHES[card.algorithm];
  const digest = (text) => crypto.subtle.digest(hash, new TextEncoder().encode(text));
  const signed = new Blob([await digest(window.location.origin), await digest(nonce)]);
  const key = await crypto.subtle.importKey(
    "pkcs8", bytesOf(card.private_key_pkcs8), KEYS[card.algorithm], false, ["sign"]);
  const signature = await crypto.subtle.sign({ name: key.algorithm.name, hash }, key, await signed.arrayBuffer());
  return {
    unverifiedCertificate: card.certificate,
    algorithm: card.algorithm,
    signature: base64Of(signature),
    format: "web-eid:1.0",
    appVersion: APP_VERSION,
  };
}

async function authenticate({ challengeNonce, options }) {
  if (busy) throw { code: "ERR_WEBEID_ACTION_PENDING", message: "one request at a time" };
  busy = true;
  try {
    const texts = textsIn(options?.lang ?? document.documentElement.lang);
    const card = await askForCard(texts, options?.userInteractionTimeout ?? 120_000);
    return await tokenOf(card, challengeNonce);
  } finally {
    busy = false;
  }
}

const ACTIONS = { "web-eid:status": async () => VERSIONS, "web-eid:authenticate": authenticate };

window.addEventListener("message", async ({ source, origin, data }) => {
  if (source !== window || origin !== window.location.origin || !Object.hasOwn(ACTIONS, data?.action ?? "")) return;
  const reply = (outcome, fields) =>
    window.postMessage({ action: `${data.action}-${outcome}`, ...fields }, window.location.origin);
  reply("ack", {});
  try {
    reply("success", await ACTIONS[data.action](data));
  } catch (error) {
    const code = error.code?.startsWith?.("ERR_WEBEID_") ? error.code : "ERR_WEBEID_UNKNOWN_ERROR";
    reply("failure", { error: { code, message: String(error.message), name: "VirtualCardError" } });
  }
});

document.documentElement.dataset.virtualCard = "ready";
