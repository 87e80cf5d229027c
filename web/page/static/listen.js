// The sound of what happens, by the Web Audio API: the server's samples are put one behind the
// other on the clock of the sound card. It is live: to stop ends the stream, what comes while
// nobody listens is not played later, and what comes too late is left out. A stream that
// breaks off is asked for again. Volume and mute are kept in this browser.
"use strict";
(() => {
  const find = (name) => document.querySelector(`[data-${name}]`);
  const plain = find("sound"), button = find("listen"), tools = find("hearing"), said = find("heard");
  const mute = find("mute"), volume = find("volume"), level = find("level");
  if (!plain || !button || !window.AudioContext || !window.ReadableStream) return; // the plain one stays
  const rate = 24000; // Hz of the stream; where the context has the same, pieces join without a seam
  const head = 44; // bytes before the samples
  const keep = 1.5 * rate, most = 4 * rate; // frames that wait, after some were left out and before
  const patience = 10000; // ms without a sample, after which the line counts as broken
  const shortest = 1000, longest = 30000; // ms before the next try
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let context, gain, meter; // while one listens
  let waiting = new Set(), end = 0; // pieces that are not over, and the frame at which the last one is
  let stream, next, wait = shortest;
  let pressed = false; // since the browser holds the sound up
  let frame; // that is to be drawn

  // put has a piece begin where the one before ends. Where that is over, since nothing came in
  // time, the sound goes on a tenth of a second from now.
  function put(buffer) {
    const now = Math.ceil(context.currentTime * rate);
    if (end <= now) end = now + rate / 10;
    const piece = new AudioBufferSourceNode(context, { buffer });
    piece.connect(gain);
    piece.onended = () => waiting.delete(piece);
    piece.start(end / rate);
    waiting.add(piece);
    end += buffer.length;
    if (end - now > most) skip();
  }

  // skip leaves out what is old, so that the sound is not late for ever.
  function skip() {
    const late = [...waiting].reverse(), kept = [];
    let frames = 0;
    for (const piece of late) {
      if (frames < keep) kept.unshift(piece.buffer);
      frames += piece.buffer.length;
      hush(piece);
    }
    waiting.clear();
    end = 0;
    kept.forEach(put);
  }

  function hush(piece) {
    piece.onended = null;
    piece.stop();
    piece.disconnect();
  }

  // play takes bytes of the stream, half a second at a time, and returns the odd one at the end.
  function play(bytes) {
    const of = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), frames = bytes.length >> 1;
    for (let at = 0; at < frames; at += rate / 2) {
      const samples = Float32Array.from({ length: Math.min(rate / 2, frames - at) }, (_, i) => of.getInt16(2 * (at + i), true) / 32768);
      const buffer = context.createBuffer(1, samples.length, rate);
      buffer.copyToChannel(samples, 0);
      put(buffer);
    }
    return bytes.slice(2 * frames);
  }

  async function listen() {
    const own = stream = new AbortController();
    let broken, rest = new Uint8Array(0), skipped = 0, status = 0;
    const alive = () => { clearTimeout(broken); broken = setTimeout(() => own.abort(), patience); };
    alive();
    try {
      const answer = await fetch(plain.src, { signal: own.signal, credentials: "same-origin", cache: "no-store" });
      status = answer.status;
      if (!answer.ok || !/^audio\//.test(answer.headers.get("Content-Type"))) throw new Error("there is no sound");
      for (let reader = answer.body.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done || stream !== own) break;
        alive();
        const bytes = new Uint8Array(rest.length + value.length);
        bytes.set(rest);
        bytes.set(value, rest.length);
        const cut = Math.min(head - skipped, bytes.length);
        skipped += cut;
        rest = play(bytes.subarray(cut));
        if (!end) continue;
        wait = shortest;
        say("");
      }
    } catch {
      // what is to be said of it is said below
    }
    clearTimeout(broken);
    own.abort();
    if (stream === own) again(status);
  }

  // again asks once more, at first soon and then less often, but not where one may not.
  function again(status) {
    stream = null;
    if (status === 401 || status === 403) {
      turn(false);
      say("You are not signed in any more: load this page again.");
      return;
    }
    say(status === 429 ? "Too many listen at once: it is tried again." : "The sound broke off: it is tried again.");
    clearTimeout(next);
    next = setTimeout(listen, wait);
    wait = Math.min(2 * wait, longest);
  }

  function turn(on) {
    clearTimeout(next);
    if (stream) stream.abort();
    stream = null;
    wait = shortest;
    pressed = on;
    say("");
    if (!on && tools.contains(document.activeElement)) button.focus();
    tools.hidden = !on;
    if (context) context.close();
    waiting = new Set();
    end = 0;
    context = on ? new AudioContext({ sampleRate: rate }) : null;
    show();
    if (!on) return;
    gain = new GainNode(context, { gain: loudness() });
    meter = new AnalyserNode(context, { fftSize: 2048 });
    gain.connect(meter).connect(context.destination);
    context.onstatechange = () => { pressed = false; show(); };
    context.resume().catch(() => {}); // some begin held up, in spite of the press
    listen();
    draw();
  }

  // A browser may hold the sound up: before somebody has pressed something, or since the machine
  // slept or a call came. Then the button goes on, once; where that is in vain it stops.
  const held = () => context && context.state !== "running" && !pressed;

  function show() {
    button.textContent = !context ? "Listen" : held() ? "Go on listening" : "Stop listening";
  }

  function press() {
    if (!held()) return turn(!context);
    pressed = true;
    context.resume().catch(() => {});
    show();
  }

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  // draw shows how loud it is, unless movement is not wanted.
  function draw() {
    cancelAnimationFrame(frame);
    level.toggleAttribute("hidden", calm.matches);
    if (!context || calm.matches) return;
    const samples = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(samples);
    const top = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-5);
    level.firstElementChild.setAttribute("width", Math.max(0, 118 * (1 + 20 * Math.log10(top) / 60)).toFixed(1)); // of 60 dB
    frame = requestAnimationFrame(draw);
  }

  // loudness is by the square, as loudness is heard.
  const muted = () => mute.getAttribute("aria-pressed") === "true";
  const loudness = () => (muted() ? 0 : (volume.value / 100) ** 2);

  function change() {
    if (gain && context) gain.gain.setTargetAtTime(loudness(), context.currentTime, .02); // without a crack
    try {
      localStorage.setItem("sound", `${volume.value} ${muted()}`);
    } catch {
      // a browser that keeps nothing
    }
  }

  try {
    const kept = /^(\d+) (true|false)$/.exec(localStorage.getItem("sound") ?? "");
    if (kept) {
      volume.value = kept[1];
      mute.setAttribute("aria-pressed", kept[2]);
    }
  } catch {
    // it begins as it is drawn
  }
  button.addEventListener("click", press);
  mute.addEventListener("click", () => { mute.setAttribute("aria-pressed", String(!muted())); change(); });
  volume.addEventListener("input", change);
  calm.addEventListener("change", draw);
  addEventListener("online", () => { if (context && !stream) { clearTimeout(next); listen(); } });
  addEventListener("pagehide", () => { if (context) turn(false); });
  plain.hidden = true;
  button.hidden = false;
})();
