// The strength of a password while one types, as the identity service judges it: the same dictionaries that decide in the end.
const PAUSE_MS = 300;

export function showStrength(field) {
  const meter = field.closest(".field").querySelector(".strength");
  let timer;
  let latest = 0;
  const show = (score, word, advice) => {
    meter.dataset.score = score;
    meter.querySelector(".strength-word").textContent = word;
    meter.querySelector(".strength-advice").textContent = advice;
  };
  const judge = async () => {
    const turn = ++latest;
    if (!field.value) return show("", "", "");
    const body = new URLSearchParams();
    for (const name of ["first_name", "last_name", "username", "email"]) body.set(name, field.form.elements[name]?.value ?? "");
    body.set("password", field.value);
    try {
      const reply = await fetch(field.dataset.strength, { method: "POST", body, headers: { "X-CSRF-Token": field.form.elements.csrf.value } });
      if (turn !== latest) return;
      if (!reply.ok) return show("", "", "");
      const { score, word, advice } = await reply.json();
      show(score, word, advice);
    } catch {
      show("", "", ""); // without an answer there is no meter; the form says what is wrong
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(judge, PAUSE_MS);
  });
}
