// Help while one types: a proposed username, a hint about shared mailboxes, the strength of a password, a pasted code.
import { showStrength } from "./strength.js";

export function enhanceTyping() {
  for (const field of document.querySelectorAll("[data-username]")) proposeUsername(field);
  for (const field of document.querySelectorAll("[data-mailbox]")) hintAtSharedMailbox(field);
  for (const field of document.querySelectorAll("[data-strength]")) showStrength(field);
  for (const field of document.querySelectorAll("[data-code]")) tidyCode(field);
}

// Until one types a username of one's own.
function proposeUsername(field) {
  const names = ["first_name", "last_name"].map((name) => field.form.elements[name]);
  let own = field.value !== "";
  let latest = 0;
  let timer;
  field.addEventListener("input", () => { own = field.value !== ""; });
  const ask = async () => {
    const turn = ++latest;
    if (own || names.some((name) => !name.value.trim())) return;
    const body = new URLSearchParams(names.map((name) => [name.name, name.value]));
    const reply = await fetch(field.dataset.username, { method: "POST", body, headers: { "X-CSRF-Token": field.form.elements.csrf.value } });
    if (reply.ok && !own && turn === latest) field.value = (await reply.json()).username;
  };
  for (const name of names) {
    name.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 350); });
  }
}

// As the server does without a script; what it was told here it does not tell again.
function hintAtSharedMailbox(field) {
  const shared = new Set(field.dataset.mailbox.split(" "));
  const around = field.closest(".field");
  const notice = around.querySelector("[data-mailbox-notice]");
  const hinted = around.querySelector("[name=hinted]");
  const look = () => {
    const [name, domain] = field.value.trim().toLowerCase().split("@");
    const isShared = domain !== undefined && (shared.has(name) || shared.has(name.split(/[.+_-]/)[0]));
    notice.hidden = !isShared;
    hinted.value = isShared ? field.value : "";
  };
  field.addEventListener("input", look);
  if (field.value) look();
}

// Case, spaces and hyphens do not count, typed or pasted.
function tidyCode(field) {
  const length = Number(field.dataset.code);
  field.addEventListener("input", () => {
    const tidy = field.value.replace(/[^0-9a-z]/gi, "").toUpperCase().slice(0, length);
    if (tidy !== field.value) field.value = tidy;
  });
}
