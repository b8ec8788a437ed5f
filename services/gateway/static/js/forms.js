// Focus goes to what went wrong; a form is sent once; the button counts down before a code can be sent again.
import { enhanceFields, nameOf } from "./fields.js";

const SENT_FOR_MS = 15_000;

export function enhanceForms() {
  for (const link of document.querySelectorAll(".error-summary li > a")) nameField(link);
  document.querySelector("[data-focus]")?.focus();
  for (const form of document.querySelectorAll("form[data-form]")) {
    enhanceFields(form);
    form.addEventListener("submit", sendOnce);
  }
  for (const button of document.querySelectorAll("[data-countdown]")) countDown(button);
  for (const part of document.querySelectorAll("[data-guard]")) guardChanges(part);
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
  for (const search of document.querySelectorAll("form[data-search]")) searchWhileTyping(search);
}

// Two fields may be wrong in the same words: the list above the form says which is which.
function nameField(link) {
  const name = nameOf(link.hash.slice(1));
  if (name) link.prepend(`${name}: `);
}

// Not for ever: what was sent may have been a download, or the person came back, or the line broke.
function sendOnce(event) {
  const form = event.currentTarget;
  if (form.dataset.sent) return event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  form.dataset.sent = "yes";
  button?.setAttribute("aria-busy", "true");
  const release = () => {
    delete form.dataset.sent;
    button?.removeAttribute("aria-busy");
  };
  setTimeout(release, SENT_FOR_MS);
  window.addEventListener("pageshow", release, { once: true });
}

// What was typed and not saved is not lost by a slip: the browser asks before it leaves the page.
// A form that was refused holds what was typed before.
function guardChanges(part) {
  let changed = "changed" in part.dataset || part.querySelector("[aria-invalid=true]") !== null;
  part.addEventListener("input", () => { changed = true; });
  part.closest("form").addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

function countDown(button) {
  let left = Number(button.dataset.countdown);
  const label = button.querySelector("span");
  const words = label.textContent;
  const tick = () => {
    button.disabled = left > 0;
    label.textContent = left > 0 ? button.dataset.countdownText.replace("{seconds}", String(left)) : words;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  tick();
}

function searchWhileTyping(form) {
  const target = document.getElementById(form.dataset.search);
  let timer;
  let latest = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const turn = ++latest;
      const url = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
      const reply = await fetch(url, { headers: { "X-Fragment": "cards" } });
      if (reply.ok && turn === latest) target.innerHTML = await reply.text();
    }, 200);
  });
}
