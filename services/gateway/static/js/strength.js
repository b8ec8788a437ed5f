// A rough estimate, 0 (too short) to 4, for advice while typing. The identity service decides with a real dictionary.
const ROWS = ["abcdefghijklmnopqrstuvwxyz", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890"];
const COMMON = ["password", "motdepasse", "wachtwoord", "passwort", "kennwort", "welcome", "welkom", "bonjour", "bienvenue", "immo", "azerty", "qwerty", "soleil", "amour", "admin", "letmein"];

export function strengthOf(password, personal) {
  if (password.length < 8) return 0;
  const bits = bitsOf(reduce(password.toLowerCase(), personal)) + variety(password);
  if (bits < 32) return 1;
  if (bits < 44) return 2;
  return bits < 60 ? 3 : 4;
}

// What is easily guessed counts as one character.
function reduce(text, personal) {
  const known = [...COMMON, ...personal.flatMap((item) => item.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((item) => item.length > 2)];
  for (const word of known) text = text.replaceAll(word, "#");
  text = text.replace(/(.)\1{2,}/g, "$1").replace(/(19|20)\d\d/g, "#");
  for (const row of ROWS) {
    for (let size = Math.min(row.length, 10); size >= 4; size--) {
      for (let at = 0; at + size <= row.length; at++) {
        const run = row.slice(at, at + size);
        text = text.replaceAll(run, "#").replaceAll([...run].reverse().join(""), "#");
      }
    }
  }
  return text;
}

function bitsOf(text) {
  const distinct = new Set(text).size;
  return text.length * Math.min(4.2, 1.6 + Math.log2(Math.max(distinct, 1)) * 0.75);
}

function variety(password) {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length * 2;
}
