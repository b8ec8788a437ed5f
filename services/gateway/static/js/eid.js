// The page's part in linking a card: fetch a challenge, let the card sign it, send the answer, and help when that fails.
import { authenticate } from "../web-eid.js";

const root = document.querySelector("[data-eid]");
const button = root.querySelector("[data-eid-start]");
const status = root.querySelector("[data-eid-status]");
const refusal = root.querySelector("[data-eid-refusal]");
const more = root.querySelector("[data-eid-more]");
const label = button.querySelector("span");
const words = label.textContent;

button.addEventListener("click", async () => {
  clear();
  busy(true);
  try {
    const { nonce } = await ask(root.dataset.challenge);
    const token = await authenticate({ nonce, lang: root.dataset.language });
    const { next } = await ask(root.dataset.link, { token });
    location.assign(next);
    return;
  } catch (error) {
    explain(error);
  }
  busy(false);
});

async function ask(url, body) {
  const headers = { "X-CSRF-Token": root.dataset.csrf, Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  const reply = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) });
  if (reply.redirected) location.assign(reply.url);
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw Object.assign(new Error(answer.detail ?? ""), { code: answer.code ?? "ERR_WEBEID_UNKNOWN_ERROR" });
  return answer;
}

function explain(error) {
  const code = error.code ?? "ERR_WEBEID_UNKNOWN_ERROR";
  const isOfTheCard = code.startsWith("ERR_WEBEID_");
  if (isOfTheCard || !error.message) {
    const all = [...root.querySelectorAll("[data-eid-help]")];
    const fitting = all.find((help) => help.dataset.eidHelp.split(" ").includes(code));
    (fitting ?? all.at(-1)).hidden = false;
  } else {
    refusal.querySelector("span").textContent = error.message;
    refusal.hidden = false;
  }
  if (code !== "ERR_WEBEID_USER_CANCELLED") {
    more.hidden = false;
    root.querySelector("[data-eid-contact]").href = `/help?code=${encodeURIComponent(code)}#contact`;
  }
}

function clear() {
  for (const help of root.querySelectorAll("[data-eid-help]")) help.hidden = true;
  refusal.hidden = true;
  more.hidden = true;
}

function busy(isBusy) {
  button.toggleAttribute("disabled", isBusy);
  if (isBusy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  label.textContent = isBusy ? button.dataset.busyText : words;
  status.textContent = "";
}
