// Live updates. An element with data-stream listens to Server-Sent Events: "event"
// carries a line of HTML for the top of a list, "changed" says that the part of the
// page named by data-swap, or the list itself, is to be read again, and with it what
// data-also marks: the heading, the number of accounts that need somebody. "new" says how many
// likes are new, for the element with data-news; the list stays as it is. Pausing closes the
// stream.
"use strict";
(() => {
  const part = () => document.querySelector("[data-stream]");
  const light = document.querySelector("[data-live]");
  const button = document.querySelector("[data-pause]");
  if (!part() || !window.EventSource) return;
  const most = 200; // lines that are kept
  let source, paused = false, stale = false, reading = false, lost = false;

  function say(text) {
    if (light) light.querySelector("span").textContent = text;
  }

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  // A line that the list shows already, since it was read again meanwhile, is not added.
  function add(html, id) {
    const line = parse(html).querySelector("li");
    const list = part();
    if (!line || list.hasAttribute("data-swap")) return;
    const known = new URL(list.dataset.stream, location.href).searchParams.get("since");
    if (id && known && Number(id) <= Number(known)) return;
    if (list.tagName !== "OL") return swap(); // it said that there is nothing yet
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

  // A note that stands there already is not said aloud again.
  function replace(old, fresh) {
    const notes = (of) => [...of.querySelectorAll(".note")];
    const told = new Set(notes(old).map((note) => note.textContent));
    notes(fresh).filter((note) => told.has(note.textContent)).forEach((note) => note.removeAttribute("role"));
    if (!old.isEqualNode(fresh)) old.replaceWith(document.adoptNode(fresh));
  }

  // A change that comes while the page is read, or while the part is in use, is read after that.
  async function swap() {
    const name = part().dataset.swap || part().id;
    if (!name || paused) return;
    stale = true;
    if (reading || inUse()) return;
    reading = true;
    try {
      while (stale && !paused && !inUse()) {
        stale = false;
        const reply = await fetch(location.href, { credentials: "same-origin" });
        const page = reply.ok && !reply.redirected && parse(await reply.text()), fresh = page && page.getElementById(name);
        if (!fresh || paused) break;
        if (!lost) say("Live"); // after "Not reached"
        document.querySelectorAll("[data-also]").forEach((old) => {
          const other = page.getElementById(old.id);
          if (other && !old.contains(document.activeElement)) replace(old, other);
        });
        if (inUse()) stale = true;
        else replace(part(), fresh);
        document.dispatchEvent(new Event("swapped"));
      }
    } catch {
      stale = true;
      say("Not reached");
    }
    reading = false;
  }

  // Each stream begins with all likes that are new since the page was made; seen are those that a search
  // as one types has shown since. The words change at most every ten seconds: they are read aloud.
  const news = document.querySelector("[data-news]");
  let came = 0, seen = 0, uncounted = false, waits = 0;

  function tell() {
    waits = 0;
    if (paused) return;
    const n = came - seen, some = n === 1 ? "1 new like. " : n.toLocaleString("en") + " new likes. ";
    const link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.textContent = new URLSearchParams(location.search).get("q") ? "Search again" : "Show them";
    const text = n > 0 ? (uncounted ? "New likes came. " : some) : uncounted ? "There may be new likes. " : "";
    if (news.textContent !== (text && text + link.textContent)) news.replaceChildren(...(text ? [text, link] : []));
  }

  function hear(n) {
    came += n;
    uncounted ||= !n;
    if (waits) return;
    tell();
    waits = setTimeout(tell, 10000);
  }

  function listen() {
    if (source) source.close();
    came = 0;
    source = new EventSource(part().dataset.stream);
    source.onopen = () => {
      came = 0;
      say("Live");
      if (lost) swap(); // what was said meanwhile was missed
      lost = false;
    };
    source.onerror = () => {
      lost = true;
      say(source.readyState === EventSource.CLOSED ? "Ended" : "Trying again");
    };
    source.addEventListener("event", (e) => add(e.data, e.lastEventId));
    source.addEventListener("changed", swap);
    if (news) source.addEventListener("new", (e) => hear(Number(e.data)));
  }

  function pause(on) {
    paused = on;
    if (on) source.close();
    else {
      listen();
      swap();
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
  if (news) {
    document.addEventListener("found", () => {
      seen = Math.max(seen, came);
      uncounted = false;
      tell();
    });
    // A browser has few connections to one server, and likes are read in many tabs.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) source.close();
      else if (!paused) listen();
    });
  }
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (e) => {
    if (!e.persisted || paused) return;
    listen();
    swap();
  });
  listen();
})();
