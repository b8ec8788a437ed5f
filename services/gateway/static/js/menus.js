// Menus close on Escape, on a click elsewhere and as the focus leaves them; the tab of the page is in sight; the theme changes at once; toasts go away.
export function enhanceMenus() {
  const menus = document.querySelectorAll("details.menu");
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  // Whoever goes on by Tab leaves none open over what comes next.
  for (const menu of menus) menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (!menu.open) continue;
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.getElementById("frame")?.addEventListener("submit", changeTheme);
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) tab.scrollIntoView({ inline: "center", block: "nearest" });
  for (const toast of document.querySelectorAll(".toast")) watchToast(toast);
}

function changeTheme(event) {
  if (event.submitter?.name !== "theme") return;
  event.preventDefault();
  const form = event.currentTarget;
  const theme = event.submitter.value;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-themes] button")) button.setAttribute("aria-pressed", String(button === event.submitter));
  const body = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: "POST", body, redirect: "manual" });
}

function watchToast(toast) {
  const leave = () => toast.remove();
  toast.querySelector("[data-dismiss]")?.addEventListener("click", leave);
  if (getComputedStyle(toast.parentElement).position === "static") return;
  let timer = setTimeout(leave, 8000);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(leave, 4000); });
}
