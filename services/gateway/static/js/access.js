// The access page: says how many changes there are, asks before they are lost, searches while one types as long as there are none.
export function enhanceAccess(search) {
  const form = search.form;
  const rows = document.getElementById("access-rows");
  const counter = form.querySelector("[data-access-count]");
  let leaving = false;
  let timer;
  let latest = 0;

  const isChanged = (row) => {
    const was = row.querySelector("[name^='was.']");
    const role = row.querySelector("[name^='role.']");
    const managed = row.querySelector("[name^='managed.']");
    const manages = row.querySelector("[name^='manages.']");
    return Number(role !== null && role.value !== was.value) + Number(manages !== null && manages.checked !== (managed.value === "yes"));
  };
  const count = () => {
    let total = 0;
    for (const row of rows.querySelectorAll("[data-access-row]")) {
      const changes = isChanged(row);
      row.classList.toggle("is-changed", changes > 0);
      total += changes;
    }
    const { none, one, many } = counter.dataset;
    counter.closest("[data-access-bar]").classList.toggle("is-needed", total > 0);
    counter.textContent = total === 0 ? none : total === 1 ? one : many.replace("{count}", String(total));
    return total;
  };
  const searchNow = async () => {
    if (count() > 0) return;
    const turn = ++latest;
    const url = new URL(search.dataset.accessSearch, location.href);
    url.searchParams.set("q", search.value.trim());
    for (const name of ["filter", "sort"]) url.searchParams.set(name, form.elements[name].value);
    const reply = await fetch(url, { headers: { "X-Fragment": "rows" } });
    if (!reply.ok || turn !== latest || count() > 0) return;
    rows.innerHTML = await reply.text();
    history.replaceState(null, "", url);
  };

  rows.addEventListener("input", count);
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(searchNow, 250); });
  form.addEventListener("submit", () => { leaving = true; });
  form.querySelector("[data-access-discard]")?.addEventListener("click", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; count(); });
  window.addEventListener("beforeunload", (event) => { if (!leaving && count() > 0) event.preventDefault(); });
  count();
}
