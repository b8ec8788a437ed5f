// The count in the header, and the list, follow what happens as long as the page is in sight.
const MAX_FAILURES = 6;

export function enhanceNotifications(bell) {
  const list = document.querySelector("[data-notifications]");
  const follows = list && list.dataset.notifications !== "-";
  let latest = follows ? list.dataset.notifications : "";
  let failures = 0;
  let source;
  let timer;

  const open = () => {
    clearTimeout(timer);
    if (source || document.hidden) return;
    source = new EventSource(`/notifications/live${latest ? `?after=${latest}` : ""}`);
    source.addEventListener("news", (event) => {
      failures = 0;
      latest = event.lastEventId || latest;
      show(JSON.parse(event.data));
    });
    // The browser comes again by itself, unless it was refused.
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      if (++failures < MAX_FAILURES) timer = setTimeout(open, 10000 * 2 ** failures);
    });
  };
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const show = (news) => {
    count(bell, news.unread);
    if (news.said) document.querySelector("[data-news]").textContent = news.said;
    if (follows) add(list, news.entries, latest);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}

function count(bell, unread) {
  bell.hidden = unread === 0;
  bell.querySelector("[data-count]").textContent = unread > 99 ? "99+" : String(unread);
}

function add(list, entries, latest) {
  const news = document.createElement("template");
  news.innerHTML = entries;
  const fresh = [...news.content.querySelectorAll("li")].filter((entry) => !document.getElementById(entry.id));
  if (fresh.length === 0) return;
  list.prepend(...fresh);
  list.hidden = false;
  document.querySelector("[data-nothing]")?.remove();
  const upTo = document.querySelector("[data-up-to]");
  if (upTo) upTo.value = latest;
}
