// Copy buttons: shown only where they work.
"use strict";
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const was = button.lastChild.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.lastChild.textContent = "Copied";
    } catch {
      button.lastChild.textContent = "Not copied: mark it and press Ctrl C";
    }
    setTimeout(() => { button.lastChild.textContent = was; }, 3000);
  });
});
