// The sound of what happens. It is live: to stop ends the stream, and what comes while
// nobody listens is not played later. A stream that breaks off is asked for again.
"use strict";
(() => {
  const sound = document.querySelector("[data-sound]");
  const button = document.querySelector("[data-listen]");
  if (!sound || !button) return;
  const from = sound.src;
  let on = false, next;

  function start() {
    sound.src = from;
    sound.play().catch(() => {}); // "error" tells the same
  }

  function again() {
    if (!on) return;
    button.textContent = "Trying again; stop";
    clearTimeout(next);
    next = setTimeout(start, 5000);
  }

  function turn(to) {
    on = to;
    clearTimeout(next);
    if (!on && document.activeElement === sound) button.focus();
    sound.hidden = !on;
    button.textContent = on ? "Stop listening" : "Listen";
    if (on) return start();
    sound.pause();
    sound.removeAttribute("src");
    sound.load();
  }

  sound.addEventListener("playing", () => { button.textContent = "Stop listening"; });
  sound.addEventListener("pause", () => { if (on && !sound.ended && !sound.error) turn(false); }); // by its own button
  sound.addEventListener("ended", again);
  sound.addEventListener("error", again);
  button.addEventListener("click", () => turn(!on));
  addEventListener("pagehide", () => { if (on) turn(false); });
  sound.hidden = true;
  button.hidden = false;
})();
