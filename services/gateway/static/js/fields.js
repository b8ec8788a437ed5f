// What is wrong with a field is said as one leaves it, and of all fields before the form is sent, in the words that the server has for it.
// The server judges again: here it is only said sooner, and nothing is refused here that the server would take.

export function enhanceFields(form) {
  let isPressing = false;
  let left = null;
  form.addEventListener("input", (event) => {
    event.target.dataset.typed = "yes";
    for (const field of fieldsOf(form)) if (field === event.target || field.dataset.same === event.target.name) retract(form, field);
  });
  form.addEventListener("focusout", (event) => {
    if (!event.target.dataset.typed || !fieldsOf(form).includes(event.target)) return; // whoever only passes by is not told off
    if (isPressing) left = event.target;
    else say(form, event.target, judge(form, event.target));
  });
  // A message above the button that is being pressed would move it away from under the finger.
  document.addEventListener("pointerdown", () => { isPressing = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => setTimeout(() => {
    isPressing = false;
    if (left?.isConnected) say(form, left, judge(form, left));
    left = null;
  }), true);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formNoValidate || isInOrder(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // neither sent, nor marked as sent
  });
}

// data-judge="server": what the field wants depends on more than is known here.
function fieldsOf(form) {
  return [...form.elements].filter((field) => field.willValidate && field.id.startsWith("f-") && field.closest(".field")
    && !["radio", "checkbox"].includes(field.type) && field.dataset.judge !== "server");
}

function isInOrder(form) {
  const wrong = fieldsOf(form).map((field) => [field, judge(form, field)]).filter(([field, words]) => say(form, field, words));
  if (!wrong.length) return true;
  summary(form, wrong).focus();
  return false;
}

// The sentence against it, or the empty string.
function judge(form, field) {
  const { wrong, same } = field.dataset;
  const words = form.dataset;
  const text = field.type === "file" ? field.value : field.value.trim();
  if (same) return field.value === form.elements[same]?.value ? "" : wrong;
  if (!text) return field.required ? wrong ?? words.missing : "";
  if (field.minLength > text.length) return wrong ?? words.short.replace("{min_length}", field.minLength);
  if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text)) return wrong ?? words.email;
  return "";
}

// Once it is right, a message goes away at once; a new one waits until the field is left.
function retract(form, field) {
  if (field.getAttribute("aria-invalid") === "true" && !judge(form, field)) say(form, field, "");
}

function say(form, field, words) {
  const around = field.closest(".field");
  const id = field.id.replace(/^f-/, "e-");
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one && one !== id);
  document.getElementById(id)?.remove();
  around.classList.toggle("field-wrong", words !== "");
  if (words) {
    const place = around.querySelector(":scope > .hint") ?? around.querySelector(":scope > label");
    place.after(message(form, id, words));
    for (let fold = field.closest("details:not([open])"); fold; fold = fold.parentElement.closest("details:not([open])")) fold.open = true;
    field.setAttribute("aria-invalid", "true");
    described.push(id);
  } else field.removeAttribute("aria-invalid");
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
  return words !== "";
}

function message(form, id, words) {
  const shown = Object.assign(document.createElement("p"), { id, className: "error" });
  shown.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.append(Object.assign(document.createElement("span"), { className: "unseen", textContent: `${form.dataset.error} ` }), words);
  shown.append(icon(), text);
  return shown;
}

function icon() {
  const space = "http://www.w3.org/2000/svg";
  const [drawing, use] = [document.createElementNS(space, "svg"), document.createElementNS(space, "use")];
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${new URL("../img/icons.svg", import.meta.url).pathname}#circle-alert`);
  drawing.append(use);
  return drawing;
}

// In the place of the server's, or above the form.
function summary(form, wrong) {
  const shown = Object.assign(document.createElement("div"), { className: "error-summary", tabIndex: -1 });
  const list = document.createElement("ul");
  for (const [field, words] of wrong) {
    const link = Object.assign(document.createElement("a"), { href: `#${field.id}`, textContent: `${nameOf(field.id)}: ${words}` });
    link.addEventListener("click", (event) => { event.preventDefault(); field.focus(); });
    const entry = document.createElement("li");
    entry.append(link);
    list.append(entry);
  }
  shown.setAttribute("role", "alert");
  shown.append(Object.assign(document.createElement("h2"), { textContent: form.dataset.look }), list);
  const known = document.querySelector(".error-summary");
  if (known) known.replaceWith(shown);
  else form.before(shown);
  return shown;
}

export function nameOf(id) {
  const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
  return label?.firstChild.textContent.trim() ?? "";
}
