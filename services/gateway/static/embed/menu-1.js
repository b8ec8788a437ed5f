// <immo-menu>: the menu under one's name, for tools. No cookie, no request, no dependency. What it shows stands in its attributes.
(() => {
  // Switch quality, my profile, my organisations, tools, wallet, sign out.
  const words = {
    en: ["Switch quality", "My profile", "My organisations", "Tools", "Wallet", "Sign out"],
    fr: ["Changer de qualité", "Mon profil", "Mes organisations", "Outils", "Portefeuille", "Se déconnecter"],
    nl: ["Van hoedanigheid wisselen", "Mijn profiel", "Mijn organisaties", "Tools", "Portefeuille", "Afmelden"],
    de: ["Eigenschaft wechseln", "Mein Profil", "Meine Organisationen", "Anwendungen", "Guthabenkonto", "Abmelden"],
  };
  const css = `:host{--p:var(--immo-menu-paper,#fff);--b:1px solid var(--immo-menu-line,#767f92);display:inline-block;position:relative}
button,a{font:inherit;color:var(--immo-menu-ink,#1d2433);cursor:pointer;text-align:start}
:focus-visible{outline:3px solid var(--immo-menu-focus,#1a56db);outline-offset:-3px}
button,ul{background:var(--p);border:var(--b);border-radius:.5em}
button{display:flex;gap:.6em;align-items:center;min-height:2.75em;max-width:100%;padding:.3em .8em}
span{min-width:0}
b,small{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
button::after{content:"▾"}
ul{position:absolute;inset-inline-end:0;z-index:9;min-width:100%;width:max-content;margin:.3em 0;padding:.3em;list-style:none;box-shadow:0 .5em 2em #0003}
a{display:block;padding:.65em .8em;border-radius:.3em;text-decoration:none}
a:hover,a:focus{background:var(--immo-menu-hover,#eef2f9)}
li:last-child{border-top:var(--b)}`;

  const make = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    made.append(...children);
    return made;
  };

  customElements.define("immo-menu", class extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const at = (name) => this.getAttribute(name) || "";
      const language = (at("language") || this.closest("[lang]")?.lang || "").slice(0, 2);
      const home = at("platform").replace(/\/+$/, "");
      const id = at("organisation-id");
      const own = home + "/organisations";
      const places = [at("switch"), home + "/profile", own, home + "/tools", id && `${own}/${id}/wallet`, at("sign-out")];
      const items = (words[language] || words.en).flatMap((word, n) => (places[n] ? [make("a", { role: "menuitem", tabindex: -1, href: places[n] }, word)] : []));
      const under = [at("organisation"), at("as")].filter(Boolean).join(" · ");
      const list = make("ul", { role: "menu", "aria-label": at("name"), hidden: "" }, ...items.map((item) => make("li", { role: "none" }, item)));
      const button = make("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": false }, make("span", {}, make("b", {}, at("name")), make("small", {}, under)));
      const show = (open, n = 0) => {
        list.hidden = !open;
        button.setAttribute("aria-expanded", open);
        if (open) items.at(n).focus();
      };
      button.onclick = () => show(list.hidden);
      this.onkeydown = (event) => {
        const { key } = event, n = items.indexOf(this.shadowRoot.activeElement), last = items.length - 1;
        const letter = key.length == 1 && key != " " && [...items.slice(n + 1), ...items].find((item) => item.text.toLowerCase().startsWith(key.toLowerCase()));
        if (list.hidden) {
          if (key == "ArrowDown") show(true);
          else if (key == "ArrowUp") show(true, -1);
          else return;
        } else if (key == "Tab") return show(false);
        else if (key == "Escape") show(false), button.focus();
        else if (key == "ArrowDown") items[n < last ? n + 1 : 0].focus();
        else if (key == "ArrowUp") items.at(n > 0 ? n - 1 : -1).focus();
        else if (key == "Home") items[0].focus();
        else if (key == "End") items[last].focus();
        else if (key == " " && n >= 0) items[n].click();
        else if (letter) letter.focus();
        else return;
        event.preventDefault();
      };
      this.addEventListener("focusout", (event) => this.contains(event.relatedTarget) || show(false));
      // A tool that signs out by a form has it inside the element, where it also serves whoever has no scripts.
      list.onclick = (event) => {
        const form = at("sign-out") && event.target == items.at(-1) && this.querySelector("form");
        if (form) event.preventDefault(), form.requestSubmit();
      };
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.append(button, list);
    }
  });
})();
