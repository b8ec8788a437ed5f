// Help while one types: a proposed username, a hint about shared mailboxes, the strength of a password, a pasted code.
import { strengthOf } from "./strength.js";

export function enhanceTyping() {
  for (const field of document.querySelectorAll("[data-username]")) proposeUsername(field);
  for (const field of document.querySelectorAll("[data-mailbox]")) hintAtSharedMailbox(field);
  for (const field of document.querySelectorAll("[data-strength]")) showStrength(field);
  for (const field of document.querySelectorAll("[data-code]")) tidyCode(field);
}

function proposeUsername(field) {
  const first = document.getElementById("f-first_name");
  const last = document.getElementById("f-last_name");
  let own = field.value !== "";
  let timer;
  field.addEventListener("input", () => { own = field.value !== ""; });
  const ask = async () => {
    if (own || !first.value.trim() || !last.value.trim()) return;
    const names = new URLSearchParams({ first_name: first.value, last_name: last.value });
    const reply = await fetch(`${field.dataset.username}?${names}`);
    if (reply.ok && !own) field.value = (await reply.json()).username;
  };
  for (const name of [first, last]) {
    name.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 350); });
  }
}

function hintAtSharedMailbox(field) {
  const shared = new Set(field.dataset.mailbox.split(" "));
  const notice = document.querySelector("[data-mailbox-notice]");
  field.addEventListener("input", () => {
    const local = field.value.split("@")[0].toLowerCase().split(/[.+_-]/)[0];
    notice.hidden = !(field.value.includes("@") && shared.has(local));
  });
}

function showStrength(field) {
  const meter = document.getElementById(field.dataset.strength);
  const words = meter.dataset.words.split("|");
  const advice = meter.dataset.advice.split("|");
  field.addEventListener("input", () => {
    const others = [...field.form.querySelectorAll("input:not([type=password])")].map((item) => item.value);
    const score = field.value ? strengthOf(field.value, others) : null;
    meter.dataset.score = score ?? "";
    meter.querySelector(".strength-word").textContent = score === null ? "" : words[score];
    meter.querySelector(".strength-advice").textContent = score === null ? "" : advice[score];
  });
}

function tidyCode(field) {
  const length = Number(field.dataset.code);
  field.addEventListener("input", () => {
    const tidy = field.value.replace(/[^0-9a-z]/gi, "").toUpperCase().slice(0, length);
    if (tidy !== field.value) field.value = tidy;
  });
}
