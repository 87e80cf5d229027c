// Search as you type: fetches the page that the form would lead to and takes its results.
"use strict";
(() => {
  const field = document.getElementById("q");
  const told = document.getElementById("told");
  if (!field || !document.getElementById("results")) return;
  let timer, asked, shown = field.value.trim();

  async function show() {
    const query = field.value.trim();
    if (asked) asked.abort(); // its answer is to what is no longer asked
    if (query === shown) return;
    asked = new AbortController();
    const address = query ? "/?q=" + encodeURIComponent(query) : "/";
    try {
      const reply = await fetch(address, { signal: asked.signal, credentials: "same-origin" });
      if (!reply.ok || reply.redirected) return; // Enter leads to the page that says why
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const results = page.getElementById("results");
      if (!results) return;
      const filters = document.querySelector("#results details.facets");
      if (filters && filters.open) results.querySelector("details.facets")?.setAttribute("open", "");
      document.getElementById("results").replaceWith(document.adoptNode(results));
      document.title = page.title;
      history.replaceState(null, "", address);
      told.textContent = document.getElementById("res")?.textContent ?? "";
      document.dispatchEvent(new Event("found"));
      shown = query;
    } catch (e) {
      if (e.name !== "AbortError") told.textContent = "The search did not answer. Press Enter to try again.";
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 200);
  });
})();
