// Live updates. An element with data-stream listens to Server-Sent Events: "event"
// carries a line of HTML for the top of a list, "changed" says that the part of the
// page named by data-swap is to be read again. Pausing closes the stream.
"use strict";
(() => {
  const part = () => document.querySelector("[data-stream]");
  const light = document.querySelector("[data-live]");
  const button = document.querySelector("[data-pause]");
  if (!part() || !window.EventSource) return;
  const most = 200; // lines that are kept
  let source, paused = false, stale = false, reading = false;

  function say(text) {
    if (light) light.querySelector("span").textContent = text;
  }

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  function add(html) {
    const line = parse(html).querySelector("li");
    const list = part();
    if (!line || list.hasAttribute("data-swap")) return;
    list.prepend(document.adoptNode(line));
    while (list.children.length > most) list.lastElementChild.remove();
  }

  // Whoever is about to press something in the part, has entered something or unfolded
  // it keeps it as it is.
  function inUse() {
    const fields = [...part().querySelectorAll("input:not([type=hidden])")];
    return part().contains(document.activeElement) || part().querySelector("details[open]") !== null ||
      fields.some((f) => f.value !== f.defaultValue || f.checked !== f.defaultChecked);
  }

  async function swap() {
    const old = part(), name = old.dataset.swap;
    if (!name || reading) return;
    if (inUse()) {
      stale = true;
      return;
    }
    reading = true;
    stale = false;
    try {
      const reply = await fetch(location.href, { credentials: "same-origin" });
      const fresh = reply.ok && !reply.redirected && parse(await reply.text()).getElementById(name);
      if (fresh && !paused && !inUse()) {
        part().replaceWith(document.adoptNode(fresh));
        document.dispatchEvent(new Event("swapped"));
      }
    } catch {
      say("Not reached");
    }
    reading = false;
  }

  function listen() {
    source = new EventSource(part().dataset.stream);
    source.onopen = () => say("Live");
    source.onerror = () => say(source.readyState === EventSource.CLOSED ? "Ended" : "Trying again");
    source.addEventListener("event", (e) => add(e.data));
    source.addEventListener("changed", swap);
  }

  function pause(on) {
    paused = on;
    if (on) source.close();
    else {
      listen();
      if (part().dataset.swap) swap();
    }
    say(on ? "Paused" : "Live");
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? "Go on" : "Pause updates";
  }

  document.addEventListener("focusout", () => {
    if (stale && !paused) setTimeout(swap, 0);
  });
  if (light) light.hidden = false;
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => pause(!paused));
  }
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (e) => {
    if (e.persisted && !paused) listen();
  });
  listen();
})();
