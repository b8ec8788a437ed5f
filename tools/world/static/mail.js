// Shows new mails as they come, without losing the one being read.
const EVERY_MS = 2500;

async function look() {
  const panes = document.getElementById("panes");
  const asked = new URLSearchParams({ after: panes.dataset.last, to: panes.dataset.to, limit: "1" });
  const answer = await fetch(`/mail/api/messages?${asked}`);
  if (!answer.ok || (await answer.json()).length === 0) return;
  const text = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("panes");
  if (panes.dataset.opened === "yes") {
    panes.dataset.last = fresh.dataset.last;
    document.getElementById("list").replaceWith(fresh.querySelector("#list"));
  } else {
    panes.replaceWith(fresh);
  }
}

setInterval(() => {
  if (!document.hidden) look().catch(() => undefined);
}, EVERY_MS);
