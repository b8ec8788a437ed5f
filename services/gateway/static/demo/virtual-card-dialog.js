// The dialog that plays reader, card and PIN pad.

const CARDS_URL = "/demo/cards";
const PIN_TRIES = 3;
const KINDS = ["ipi", "cib", "fs323"];
const CONDITIONS = ["valid", "expired", "revoked"];
const STYLE_URL = new URL("virtual-card.css", import.meta.url).href;

class CardError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** What one browser session remembers: the card last used, and how many PIN tries each card has left. */
const memory = {
  read: (name) => JSON.parse(sessionStorage.getItem(`virtual-card-${name}`) ?? "null"),
  write: (name, value) => sessionStorage.setItem(`virtual-card-${name}`, JSON.stringify(value)),
};

function element(tag, fields = {}, ...children) {
  const made = Object.assign(document.createElement(tag), fields);
  made.append(...children);
  return made;
}

async function request(options = {}) {
  const headers = { accept: "application/json" };
  if (options.body) headers["content-type"] = "application/json";
  const answer = await fetch(CARDS_URL, { ...options, headers });
  if (!answer.ok) throw new Error(`cards: ${answer.status}`);
  return answer.json();
}

function styleLoaded() {
  const present = [...document.styleSheets].some((sheet) => sheet.href === STYLE_URL);
  if (present) return Promise.resolve();
  const link = element("link", { rel: "stylesheet", href: STYLE_URL });
  document.head.append(link);
  return new Promise((resolve) => { link.onload = link.onerror = resolve; });
}

/** Let the person choose a card and enter its PIN. Refuses with an ERR_WEBEID_... code when they do not. */
export async function askForCard(texts, timeoutMs) {
  await styleLoaded();
  const dialog = element("dialog", { className: "virtual-card" });
  dialog.setAttribute("aria-labelledby", "virtual-card-title");
  const body = element("div", { className: "virtual-card-body" });
  dialog.append(
    element("p", { className: "virtual-card-notice", textContent: texts.notice }),
    element("h2", { id: "virtual-card-title", textContent: texts.title }),
    body,
  );
  document.body.append(dialog);
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new CardError("ERR_WEBEID_USER_TIMEOUT", "the person took too long")), timeoutMs);
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        reject(new CardError("ERR_WEBEID_USER_CANCELLED", "cancelled by the person"));
      });
      const steps = { texts, body, dialog, resolve, reject };
      dialog.showModal();
      chooseCard(steps);
    });
  } finally {
    clearTimeout(timer);
    dialog.close();
    dialog.remove();
  }
}

/** Show one step as a form; `onSubmit` gets its data. Every step can be cancelled. */
function show(steps, contents, submitText, onSubmit, extraButtons = []) {
  const { texts, body, reject } = steps;
  const alert = element("p", { className: "virtual-card-alert" });
  alert.setAttribute("role", "alert");
  const cancel = element("button", { type: "button", textContent: texts.cancel });
  cancel.onclick = () => reject(new CardError("ERR_WEBEID_USER_CANCELLED", "cancelled by the person"));
  const submit = element("button", { type: "submit", className: "virtual-card-go", textContent: submitText });
  const buttons = element("div", { className: "virtual-card-buttons" }, submit, ...extraButtons, cancel);
  const form = element("form", { method: "dialog", noValidate: false }, ...contents, alert, buttons);
  form.onsubmit = (event) => {
    event.preventDefault();
    onSubmit(new FormData(form), alert);
  };
  body.replaceChildren(form);
  const first = form.querySelector("input:checked, input:not([type=radio], [disabled])") ?? submit;
  first.focus();
}

function nameOf(card) {
  return `${card.first_name} ${card.last_name}`;
}

function triesLeft(card) {
  return memory.read("tries")?.[card.card_id] ?? PIN_TRIES;
}

function setTriesLeft(card, left) {
  memory.write("tries", { ...memory.read("tries"), [card.card_id]: left });
}

async function chooseCard(steps) {
  const { texts } = steps;
  let cards;
  try {
    cards = await request();
  } catch {
    show(steps, [element("p", { textContent: texts.failed })], texts.next, () => chooseCard(steps));
    return;
  }
  if (cards.length === 0) {
    makeCard(steps, [element("p", { textContent: texts.none })]);
    return;
  }
  const last = memory.read("last");
  const preferred = cards.find((card) => card.card_id === last) ?? cards[0];
  const list = element("fieldset", { className: "virtual-card-list" }, element("legend", { textContent: texts.choose }));
  for (const card of cards) list.append(cardChoice(card, texts, card === preferred));
  const make = element("button", { type: "button", className: "virtual-card-new", textContent: texts.makeAnother });
  make.onclick = () => makeCard(steps, [], true);
  const chosen = (data) => askPin(steps, cards.find((card) => card.card_id === data.get("card")));
  show(steps, [list], texts.next, chosen, [make]);
}

function cardChoice(card, texts, checked) {
  const notes = (card.recognitions ?? []).map((kind) => texts[kind] ?? kind);
  if (card.condition !== "valid") notes.push(texts[card.condition]);
  if (triesLeft(card) === 0) notes.push(texts.blocked);
  return element(
    "label",
    {},
    element("input", { type: "radio", name: "card", value: card.card_id, required: true, checked }),
    element("span", {}, element("strong", { textContent: nameOf(card) }), " ",
      element("small", { textContent: notes.join(" · ") })),
  );
}

function makeCard(steps, intro, canGoBack = false) {
  const { texts } = steps;
  const field = (name, label, autofill) =>
    element("label", { className: "virtual-card-field", textContent: label },
      element("input", { name, required: true, maxLength: 80, autocomplete: autofill, pattern: ".*\\S.*" }));
  const holds = element("fieldset", {}, element("legend", { textContent: texts.holds }));
  for (const kind of KINDS) {
    const box = element("input", { type: "checkbox", name: "recognitions", value: kind });
    holds.append(element("label", {}, box, element("span", { textContent: texts[kind] })));
  }
  const condition = element("label", { className: "virtual-card-field", textContent: texts.condition },
    element("select", { name: "condition" },
      ...CONDITIONS.map((value) => element("option", { value, textContent: texts[value] }))));
  const contents = [...intro, element("h3", { textContent: texts.make }),
    field("first_name", texts.firstName, "given-name"), field("last_name", texts.lastName, "family-name"), holds, condition];
  const back = element("button", { type: "button", textContent: texts.back });
  back.onclick = () => chooseCard(steps);
  const made = async (data, alert) => {
    const wanted = { first_name: data.get("first_name"), last_name: data.get("last_name"),
      recognitions: data.getAll("recognitions"), condition: data.get("condition") };
    try {
      askPin(steps, await request({ method: "POST", body: JSON.stringify(wanted) }));
    } catch {
      alert.textContent = texts.failed;
    }
  };
  show(steps, contents, texts.create, made, canGoBack ? [back] : []);
}

function askPin(steps, card) {
  const { texts, resolve, reject } = steps;
  const refuseBlocked = () => reject(new CardError("ERR_WEBEID_NATIVE_FATAL", "the PIN of this card is blocked"));
  memory.write("last", card.card_id);
  if (triesLeft(card) === 0) return refuseBlocked();
  const input = element("input", { name: "pin", type: "password", inputMode: "numeric", autocomplete: "off",
    required: true, maxLength: 12 });
  const hint = element("p", { id: "virtual-card-hint", className: "virtual-card-hint", textContent: texts.pinHint });
  input.setAttribute("aria-describedby", hint.id);
  const label = texts.pin.replace("{name}", nameOf(card));
  const field = element("label", { className: "virtual-card-field", textContent: label }, input);
  const back = element("button", { type: "button", textContent: texts.back });
  back.onclick = () => chooseCard(steps);
  const entered = (data, alert) => {
    const left = data.get("pin") === card.pin ? PIN_TRIES : triesLeft(card) - 1;
    setTriesLeft(card, left);
    if (data.get("pin") === card.pin) return resolve(card);
    if (left === 0) return refuseBlocked();
    alert.textContent = texts.wrong.replace("{left}", left);
    input.value = "";
    input.focus();
  };
  show(steps, [element("h3", { textContent: texts.pinTitle }), field, hint], texts.confirm, entered, [back]);
}
