// Keeps the panel of events fresh, and notices when the platform has ended the session.
const EVERY_MS = 3000;

async function look() {
  const answer = await fetch("/events", { headers: { accept: "text/html" } });
  if (answer.status === 401) {
    location.assign("/");
    return;
  }
  const panel = document.getElementById("events");
  if (!answer.ok || !panel) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  if (fresh.textContent !== panel.textContent) panel.replaceChildren(...fresh.childNodes);
}

setInterval(() => {
  if (!document.hidden) look().catch(() => undefined);
}, EVERY_MS);
