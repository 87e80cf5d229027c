// Keys: one letter presses what it stands in, j and k move the focus along the likes. Where they
// are switched off none does anything.
"use strict";
(() => {
  const off = document.documentElement.dataset.keys === "off";
  const places = { l: "/", h: "/", a: "/accounts", v: "/activity", w: "/workers", s: "/settings", c: "/connect" };
  let went = 0; // when g was pressed

  const writing = (el) => el.isContentEditable || el.matches("input:not([type=checkbox],[type=radio]), select, textarea");
  const links = () => [...document.querySelectorAll(".like h3 a")];

  function step(by) {
    const all = links();
    if (!all.length) return false;
    const here = all.findIndex((a) => a.closest(".like").contains(document.activeElement));
    const to = here < 0 ? (by > 0 ? 0 : -1) : here + by;
    if (to >= 0 && to < all.length) {
      all[to].focus();
      return true;
    }
    const page = document.querySelector(by > 0 ? "a[data-page=next]" : "a[data-page=previous]");
    if (page) page.click();
    return Boolean(page);
  }

  function open(tab) {
    const like = document.activeElement.closest(".like");
    const link = like && like.querySelector("h3 a");
    if (!link) return false;
    if (tab) window.open(link.href, "_blank", "noopener,noreferrer");
    else link.click();
    return true;
  }

  // show opens a dialog with the focus on what closes it. The attribute autofocus would ask for it while the page loads too,
  // and a browser complains of that where a key was faster.
  function show(dialog) {
    dialog.showModal();
    dialog.querySelector("[method=dialog] button").focus();
  }

  function press(key) {
    if (went && Date.now() - went < 1500) {
      went = 0;
      if (!places[key] || key === "w" && !document.querySelector(".nav [href='/workers']")) return false;
      location.assign(places[key]);
      return true;
    }
    went = 0;
    const field = document.querySelector("form[role=search] input[type=search], .filters input[type=search]");
    const dialog = document.getElementById("keys");
    switch (key) {
      case "g": went = Date.now(); return true;
      case "j": return step(1);
      case "k": return step(-1);
      case "o": return open(false);
      case "v": return open(true);
      case "/":
        if (field) {
          field.focus(); // selecting alone gives the focus in some browsers only
          field.select();
        }
        return Boolean(field);
      case "?":
        if (dialog) show(dialog);
        return Boolean(dialog);
    }
    const button = document.querySelector(`[data-key="${CSS.escape(key)}"]:not([hidden])`);
    if (button) button.click();
    return Boolean(button);
  }

  document.addEventListener("keydown", (e) => {
    if (off || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.key.length !== 1 || e.key === " ") return;
    if (writing(e.target) || document.querySelector("dialog[open]")) return;
    if (press(e.key)) e.preventDefault();
  });

  document.querySelectorAll("[data-dialog]").forEach((a) =>
    a.addEventListener("click", (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return; // the page of the same content, in a tab
      e.preventDefault();
      show(document.getElementById(a.dataset.dialog));
    }),
  );
})();
