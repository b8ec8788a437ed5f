// The page's part where a card is asked for: fetch a challenge, let the card sign it, send the answer, and show what has come of it.
import { authenticate, status as softwareStatus } from "../web-eid.js";

const UNKNOWN = "ERR_WEBEID_UNKNOWN_ERROR";
const root = document.querySelector("[data-eid]");
const button = root.querySelector("[data-eid-start]");
const steps = root.querySelector("[data-eid-steps]");
const progress = root.querySelector("[data-eid-status]");
const cases = [...root.querySelectorAll("[data-eid-case]")];
const stranger = document.querySelector("[data-eid-stranger]");
const label = button.querySelector("span");
const words = label.textContent;

button.addEventListener("click", async () => {
  clear();
  busy(true);
  try {
    say("looking");
    await softwareStatus();
    const { nonce } = await ask(root.dataset.challenge);
    say("waiting");
    const token = await authenticate({ nonce, lang: root.dataset.language });
    say("checking");
    const answer = await ask(root.dataset.answer, { token });
    if (answer.next) {
      location.assign(answer.next);
      return;
    }
    welcome(answer.stranger);
  } catch (error) {
    explain(error);
  }
  say("");
  busy(false);
});

async function ask(url, body) {
  const headers = { "X-CSRF-Token": root.dataset.csrf, Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  const reply = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) });
  if (reply.redirected) location.assign(reply.url);
  const answer = await reply.json().catch(() => ({}));
  if (reply.ok) return answer;
  const { detail = "", code = reply.status === 403 ? "form-not-ours" : UNKNOWN, reference = "" } = answer;
  throw Object.assign(new Error(detail), { code, reference });
}

/** Each code has a screen; one that nobody has described gets the last, with the server's own sentence if there is one. */
function explain({ code = UNKNOWN, message = "", reference = "", details = {} }) {
  const fitting = cases.find((one) => one.dataset.eidCase.split(" ").includes(code));
  const shown = fitting ?? cases.at(-1);
  if (!fitting && !code.startsWith("ERR_WEBEID_")) tell(shown.querySelector("[data-eid-detail]"), message);
  for (const line of shown.querySelectorAll("[data-eid-update]")) {
    line.hidden = !details.requiresUpdate?.[line.dataset.eidUpdate];
  }
  const contact = shown.querySelector("[data-eid-contact]");
  if (contact) {
    contact.href = `/help?code=${encodeURIComponent(code)}${reference && `&reference=${encodeURIComponent(reference)}`}#contact`;
    shown.querySelector("[data-eid-code]").textContent = [code, reference].filter(Boolean).join(" · ");
  }
  shown.hidden = false;
  steps.hidden = true;
  label.textContent = button.dataset.againText;
  shown.querySelector("h2").focus();
}

/** A genuine card that opens no account: its own names are filled in for whoever wants one; they were kept nowhere. */
function welcome({ first_name, last_name }) {
  tell(stranger.querySelector("[data-eid-name]"), `${first_name} ${last_name}`.trim());
  stranger.querySelector("[name=first_name]").value = first_name;
  stranger.querySelector("[name=last_name]").value = last_name;
  root.hidden = true;
  stranger.hidden = false;
  stranger.querySelector("h2").focus();
}

function tell(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

function say(step) {
  progress.textContent = step && progress.dataset[step];
}

function clear() {
  for (const one of cases) one.hidden = true;
}

function busy(isBusy) {
  button.toggleAttribute("disabled", isBusy);
  if (isBusy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
  if (isBusy) label.textContent = button.dataset.busyText;
  else if (!steps.hidden) label.textContent = words;
}
