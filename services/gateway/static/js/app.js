// What every page gets. Each module looks for its own data attributes and does nothing where there are none.
import { enhanceForms } from "./forms.js";
import { enhanceMenus } from "./menus.js";
import { enhanceTyping } from "./typing.js";
import { enhanceLive } from "./live.js";

enhanceMenus();
enhanceForms();
enhanceTyping();
enhanceLive();
for (const bell of document.querySelectorAll("[data-bell]")) import("./notifications.js").then((news) => news.enhanceNotifications(bell));
for (const form of document.querySelectorAll("form[data-crop]")) import("./crop.js").then((crop) => crop.enhanceCrop(form));
if (document.querySelector("[data-copy]")) import("./copy.js").then((copy) => copy.enhanceCopy());
for (const search of document.querySelectorAll("[data-access-search]")) import("./access.js").then((access) => access.enhanceAccess(search));
