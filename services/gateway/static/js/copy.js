// A button beside what one may want to copy. Without this script the text is selected by one click.
export const enhanceCopy = () => {
  if (!navigator.clipboard) return;
  for (const text of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet button-s";
    button.textContent = text.dataset.copyLabel;
    button.setAttribute("aria-label", `${text.dataset.copyLabel}: ${text.dataset.copy}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = text.dataset.copied;
    });
    text.after(button);
  }
};
