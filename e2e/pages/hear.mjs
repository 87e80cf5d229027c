// Listens on the page of activity, as somebody does, and says what is not heard:
//
//   node hear.mjs http://127.0.0.1:PORT
//
// A line for each thing, as act.mjs. The address is that of scripts/pages; between it and the browser lies a line that can be
// cut, held up and made to play something else.
import assert from "node:assert/strict";
import http from "node:http";
import { act, open } from "./browser.mjs";

const [origin] = process.argv.slice(2);
const rate = 24000; // Hz

// A line to scripts/pages, and what is known at its other end: how many listen, and how often was asked for the sound. Where
// answer is set it answers for the sound.
async function line() {
  const now = { asked: 0, open: new Set(), answer: null, held: false };
  const server = http.createServer((req, res) => {
    const sound = req.url.startsWith("/stream.wav");
    if (sound) {
      now.asked++;
      now.open.add(res);
      res.on("close", () => now.open.delete(res));
      if (now.answer) return now.answer(res);
    }
    const on = http.request(origin + req.url, { method: req.method, headers: req.headers }, (from) => {
      res.writeHead(from.statusCode, from.headers);
      from.on("data", (piece) => now.held && sound || res.write(piece));
      from.on("end", () => res.end());
      from.on("error", () => res.destroy());
    });
    on.on("error", () => res.destroy());
    res.on("close", () => on.destroy());
    on.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref(); // a thing that failed does not hold up the end
  now.origin = `http://127.0.0.1:${server.address().port}`;
  now.cut = () => [...now.open].forEach((res) => res.destroy());
  now.none = () => until(() => now.open.size === 0, "nobody listens any more");
  now.end = () => { server.close(); server.closeAllConnections(); };
  return now;
}

async function until(holds, what) {
  for (const end = Date.now() + 60_000; !await holds(); await new Promise((on) => setTimeout(on, 20))) {
    if (Date.now() > end) throw new Error(`it does not come to this: ${what}`);
  }
}

// ears note each piece that is to be played and hear what reaches the sound card.
const ears = () => {
  window.contexts = [];
  window.pieces = [];
  const { connect } = AudioNode.prototype, { start, stop } = AudioBufferSourceNode.prototype, Context = AudioContext;
  window.AudioContext = class extends Context {
    constructor(...given) {
      super(...given);
      window.contexts.push(this);
    }
  };
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      this.context.ear = new AnalyserNode(this.context, { fftSize: 8192 });
      connect.call(this, this.context.ear);
    }
    return connect.call(this, to, ...more);
  };
  AudioBufferSourceNode.prototype.start = function (when) {
    window.pieces.push({ when, now: this.context.currentTime, samples: this.buffer.getChannelData(0), of: this });
    return start.call(this, when);
  };
  AudioBufferSourceNode.prototype.stop = function (...when) {
    window.pieces.find((piece) => piece.of === this).stopped = true;
    return stop.call(this, ...when);
  };
  window.loud = () => { // in dB below the loudest that there is, of the last third of a second
    const samples = new Float32Array(8192);
    window.contexts.at(-1).ear.getFloatTimeDomainData(samples);
    return 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 1e-20) / samples.length);
  };
};

// listener opens the page at a line of its own.
async function listener(options) {
  const wire = await line();
  const { context, page, faults } = await open(wire.origin, options);
  await page.addInitScript(ears);
  await page.goto(wire.origin + "/activity");
  const heard = (above = -60) => page.waitForFunction((above) => window.contexts.length && window.loud() > above, above);
  const button = (text) => page.waitForSelector(`[data-listen]:text-is("${text}")`);
  const end = async () => { await context.close(); wire.end(); };
  return { wire, page, faults, heard, button, end };
}

// wave is a live WAV file from here on: its head, and as 16 bits each what sample says of a number.
const wave = (from, n, sample) => {
  const out = Buffer.alloc(2 * n);
  for (let i = 0; i < n; i++) out.writeInt16LE(sample(from + i), 2 * i);
  return from ? out : Buffer.concat([Buffer.alloc(44), out]);
};
const count = (i) => i % 32000; // by which each sample is known
const tone = (i) => Math.round(8000 * Math.sin(2 * Math.PI * 440 * i / rate));

const things = {
  async "the page plays the server's sound, until one stops"() {
    const { wire, page, faults, heard, button, end } = await listener();
    assert.equal(wire.asked, 0); // nothing plays by itself
    assert.ok(!await page.isVisible("audio") && !await page.isVisible("[data-volume]"));
    for (const time of [1, 2]) {
      await page.focus("[data-listen]");
      await page.keyboard.press("Enter");
      await heard();
      await button("Stop listening");
      assert.ok(await page.isVisible("[data-volume]") && await page.isVisible("[data-mute]"));
      assert.deepEqual([wire.asked, wire.open.size], [time, 1]);
      await page.focus("[data-mute]");
      await page.click("[data-listen]");
      await wire.none(); // at the server, not in the page alone
      await page.waitForFunction(() => window.contexts.at(-1).state === "closed");
      await button("Listen");
      assert.ok(!await page.isVisible("[data-volume]"));
    }
    assert.deepEqual(faults, []);
    await end();
  },

  async "one who goes to another page listens no more"() {
    const { wire, page, heard, end } = await listener();
    await page.click("[data-listen]");
    await heard();
    await page.goto(wire.origin + "/accounts");
    await wire.none();
    await end();
  },

  async "pieces join without a seam, wherever the line cuts them"() {
    const { wire, page, end } = await listener();
    wire.answer = (res) => {
      res.writeHead(200, { "Content-Type": "audio/wav" });
      const all = wave(0, rate * 2, count);
      const cuts = [7, 44, 45, 46, 1001, 30001, 60002, all.length - 1, all.length];
      cuts.forEach((to, i) => setTimeout(() => res.write(all.subarray(cuts[i - 1] ?? 0, to)), 30 * i));
    };
    await page.click("[data-listen]");
    await page.waitForFunction((n) => window.pieces.reduce((sum, p) => sum + p.samples.length, 0) === n, rate * 2);
    const wrong = await page.evaluate((rate) => {
      const out = [];
      let frame, sample = 0;
      for (const { when, samples } of window.pieces) {
        const begin = when * rate;
        if (Math.abs(begin - Math.round(begin)) > 1e-6 || frame && Math.round(begin) !== frame) out.push(`a piece begins at ${begin}, the one before ended at ${frame}`);
        frame = Math.round(begin) + samples.length;
        for (const x of samples) if (Math.round(x * 32768) !== sample++ % 32000) out.push(`sample ${sample - 1} is ${x * 32768}`);
      }
      return out.slice(0, 3);
    }, rate);
    assert.deepEqual(wrong, []);
    assert.equal(await page.evaluate(() => window.contexts[0].sampleRate), rate);
    await end();
  },

  async "the volume and mute are heard, and kept"() {
    const { wire, page, heard, faults, end } = await listener();
    wire.answer = (res) => {
      res.writeHead(200, { "Content-Type": "audio/wav" });
      let at = 0;
      const more = () => { res.write(wave(at, rate, tone)); at += rate; };
      more();
      more();
      const tick = setInterval(more, 1000);
      res.on("close", () => clearInterval(tick));
    };
    const near = (want) => page.waitForFunction((want) => Math.abs(window.loud() - want) < 1, want);
    await page.click("[data-listen]");
    await near(-15.3); // of a sine of a quarter, in RMS
    await page.focus("[data-volume]");
    for (let i = 0; i < 50; i++) await page.keyboard.press("ArrowLeft");
    await near(-15.3 - 12); // by the square
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => window.loud() < -120);
    assert.equal(await page.getAttribute("[data-mute]", "aria-pressed"), "true");
    await page.reload();
    await page.click("[data-listen]");
    await page.waitForFunction(() => window.contexts.length && window.contexts[0].currentTime > 1); // it would be heard
    assert.ok(await page.evaluate(() => window.loud()) < -120);
    await page.click("[data-mute]");
    await near(-15.3 - 12);
    assert.equal(await page.getAttribute("[data-mute]", "aria-pressed"), "false");
    assert.deepEqual(faults, []);
    await end();
  },

  async "a sound that breaks off is asked for again, less and less often, until one stops"() {
    const { wire, page, heard, button, end } = await listener();
    await page.clock.install();
    await page.click("[data-listen]");
    await heard();
    const said = () => page.waitForSelector("[data-heard]:text-is('The sound broke off: it is tried again.')");
    await page.clock.pauseAt(Date.now() + 60_000);
    await said(); // no sample came for so long
    wire.answer = (res) => res.writeHead(503).end();
    for (const [n, after] of [[2, 1000], [3, 2000], [4, 4000]]) {
      await until(() => wire.open.size === 0, "the line is closed");
      await page.evaluate(() => new Promise((on) => queueMicrotask(on)));
      await page.waitForTimeout(200); // as long as the page takes to hear of it
      await page.clock.runFor(after - 1);
      assert.equal(wire.asked, n - 1);
      await page.clock.runFor(1);
      await until(() => wire.asked === n, `it is asked for the time ${n}`);
    }
    wire.answer = null;
    await page.waitForTimeout(200);
    await page.clock.runFor(8000);
    await until(() => wire.asked === 5, "it is asked once more");
    await page.waitForSelector("[data-heard]:text-is('')", { state: "attached" });
    await heard();
    assert.equal(await page.evaluate(() => window.contexts.length), 1);
    wire.cut();
    await said();
    await button("Stop listening");
    await page.click("[data-listen]");
    await page.clock.runFor(60_000);
    await page.waitForTimeout(200);
    assert.deepEqual([wire.asked, wire.open.size], [5, 0]);
    await end();
  },

  async "what comes too late is left out, and the button goes on after a pause of the browser"() {
    const { wire, page, heard, button, end } = await listener();
    let out;
    wire.answer = (res) => { (out = res).writeHead(200, { "Content-Type": "audio/wav" }).write(wave(0, rate, tone)); };
    await page.click("[data-listen]");
    await heard();
    await page.evaluate(() => window.contexts[0].suspend());
    await button("Go on listening");
    for (let s = 1; s < 30; s++) out.write(wave(s * rate, rate, s < 29 ? tone : count));
    await page.waitForFunction(() => Math.round(window.pieces.at(-1).samples.at(-1) * 32768) === (30 * 24000 - 1) % 32000); // the newest one is there
    const late = await page.evaluate(() => Math.max(...window.pieces.filter((p) => !p.stopped).map((p) => p.when + p.of.buffer.duration)) - window.contexts[0].currentTime);
    assert.ok(late > 1 && late <= 4, `it is ${late} s late`);
    await page.click("[data-listen]");
    await button("Stop listening");
    await heard();
    await page.click("[data-listen]");
    await button("Listen");
    await end();
  },

  async "who is not signed in any more is told so, and not asked for again"() {
    const { wire, page, button, end } = await listener();
    wire.answer = (res) => res.writeHead(401).end();
    await page.click("[data-listen]");
    await page.waitForSelector("text=You are not signed in any more");
    await button("Listen");
    await page.waitForTimeout(1500); // longer than until the next try
    assert.equal(wire.asked, 1);
    await end();
  },

  async "how loud it is moves, where movement is welcome"() {
    for (const reducedMotion of ["reduce", "no-preference"]) {
      const { page, heard, faults, end } = await listener({ reducedMotion });
      await page.click("[data-listen]");
      await heard();
      const width = () => page.getAttribute("[data-level] rect", "width");
      if (reducedMotion === "reduce") {
        assert.deepEqual([await page.isVisible("[data-level]"), await width()], [false, "0"]);
      } else {
        assert.ok(await page.isVisible("[data-level]"));
        const seen = new Set();
        await until(async () => seen.add(await width()).size > 5, "it moves");
        assert.ok([...seen].every((w) => w >= 0 && w <= 118), [...seen].join());
      }
      assert.deepEqual(faults, []);
      await end();
    }
  },

  async "without scripts one can listen too"() {
    const { context, page, faults } = await open(origin, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
    await page.goto(origin + "/activity");
    const box = await page.locator("audio").boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 320, `it stands at ${box.x}, ${box.width} wide`);
    assert.equal(await page.locator("[data-listen]:visible, [data-hearing]:visible").count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  },
};

await act(things);
