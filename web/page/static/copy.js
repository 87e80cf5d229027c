// Copy buttons: shown only where they work, also after a part of the page was read again.
"use strict";
(() => {
  if (!navigator.clipboard) return;
  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });

  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const was = button.lastChild.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.lastChild.textContent = "Copied";
    } catch {
      button.lastChild.textContent = "Not copied: mark it and press Ctrl C";
    }
    setTimeout(() => { button.lastChild.textContent = was; }, 3000);
  });
  document.addEventListener("swapped", show);
  show();
})();
