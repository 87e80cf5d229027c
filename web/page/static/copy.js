// Copy buttons: shown only where they work, also after a part of the page was read again. What is copied stands in data-copy,
// or is the list that data-lines names: a line for each, its parts with two blanks between them.
"use strict";
(() => {
  if (!navigator.clipboard) return;
  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  const words = (el) => el.textContent.trim().replace(/\s+/g, " ");
  const line = (el) => [...el.children].map(words).filter(Boolean).join("  ");

  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const { copy, lines } = button.dataset, label = button.lastChild;
    const was = button.dataset.was ??= label.textContent;
    try {
      await navigator.clipboard.writeText(lines ? [...document.getElementById(lines).children].map(line).join("\n") : copy);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Not copied: mark it and press Ctrl C";
    }
    setTimeout(() => { label.textContent = was; }, 3000);
  });
  document.addEventListener("swapped", show);
  show();
})();
