// A part of the page that is asked for again until the server says that it is done. Without a script the page reloads itself.
const MAX_ERRORS = 20;

export function enhanceLive() {
  for (const part of document.querySelectorAll("[data-live]:not([data-live-done])")) follow(part);
}

function follow(part) {
  const every = Number(part.dataset.everyMs);
  let errors = 0;
  const ask = async () => {
    if (document.hidden) return setTimeout(ask, every);
    try {
      const reply = await fetch(part.dataset.live, { headers: { Accept: "text/html" } });
      // The session has ended: the whole page leads to signing in, and back.
      if (reply.status === 401) return location.reload();
      if (!reply.ok) throw new Error(String(reply.status));
      const news = document.createElement("template");
      news.innerHTML = await reply.text();
      if (news.innerHTML.trim() !== part.innerHTML.trim()) part.replaceChildren(news.content);
      errors = 0;
      if (reply.headers.get("X-Live") === "done") return;
    } catch {
      if (++errors > MAX_ERRORS) return;
    }
    setTimeout(ask, every * (errors + 1));
  };
  setTimeout(ask, every);
}
