// Copies the font files that the pages use and draws the icon sprite from the locked npm packages (`npm ci && npm run assets`).
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "..", "..", "node_modules");
const target = join(here, "static");

const FONTS = [
  ["@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2", "figtree-latin.woff2"],
  ["@fontsource-variable/figtree/files/figtree-latin-ext-wght-normal.woff2", "figtree-latin-ext.woff2"],
  ["@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2", "bricolage-latin.woff2"],
  ["@fontsource-variable/figtree/LICENSE", "figtree-licence.txt"],
  ["@fontsource-variable/bricolage-grotesque/LICENSE", "bricolage-licence.txt"],
];
const ICONS_LICENCE = ["lucide-static/LICENSE", "icons-licence.txt"];

const ICONS = [
  "arrow-left", "arrow-right", "badge-check", "ban", "bell", "building-2", "check", "chevron-down", "chevron-right",
  "circle-alert", "circle-check", "circle-question-mark", "clock", "credit-card", "door-open", "download", "external-link", "globe",
  "hourglass", "id-card", "info", "key-round", "layout-grid", "lock", "log-out", "mail", "menu", "monitor", "moon", "pencil", "phone",
  "play", "plus", "refresh-cw", "search", "shield-check", "smartphone", "star", "sun", "triangle-alert", "user", "user-check", "user-plus", "user-x",
  "users", "wallet", "x",
];

function symbol(name) {
  const svg = readFileSync(join(packages, "lucide-static", "icons", `${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, " ").replace(/> </g, "><").trim()}</symbol>`;
}

mkdirSync(join(target, "fonts"), { recursive: true });
for (const [from, to] of FONTS) copyFileSync(join(packages, from), join(target, "fonts", to));
copyFileSync(join(packages, ICONS_LICENCE[0]), join(target, "img", ICONS_LICENCE[1]));
const sprite = ICONS.map(symbol).join("\n");
writeFileSync(
  join(target, "img", "icons.svg"),
  `<!-- Icons of Lucide, see icons-licence.txt -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${sprite}\n</svg>\n`,
);
