// Uses a STOMP server through @stomp/stompjs, a client that nobody here wrote.
//
//     node client.mjs tcp|ws HOST PORT USER PASSWORD
//
// Prints a line for each thing that works and ends with 1 at the first that does not.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.PACKAGES, 'package.json'));
const { Client, Versions } = require('@stomp/stompjs');
const { WebSocket } = require('ws');
const { TCPWrapper } = require('@stomp/tcp-wrapper');
Object.assign(global, { WebSocket });

const [over, host, port, user, password] = process.argv.slice(2);
const queue = () => '/queue/' + crypto.randomUUID();

function within(promise, what) {
  let timer;
  const late = new Promise((_, no) => (timer = setTimeout(() => no(new Error(what + ' did not come')), 60_000)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

class Session {
  messages = [];
  #waiting = [];

  static async open(options = {}) {
    const s = new Session();
    const client = (s.client = new Client({
      connectHeaders: { login: user, passcode: password },
      reconnectDelay: 0,
      ...(over === 'tcp' ? { webSocketFactory: () => new TCPWrapper(host, Number(port)) } : { brokerURL: `ws://${host}:${port}/stomp` }),
      ...options,
    }));
    const opened = new Promise((yes, no) => {
      client.onConnect = yes;
      client.onStompError = frame => no(new Error(frame.headers.message + ': ' + frame.body));
    });
    client.activate();
    s.connected = await within(opened, 'CONNECTED');
    s.failed = new Promise(yes => (client.onStompError = yes));
    return s;
  }

  receipt() {
    const id = crypto.randomUUID();
    return [id, within(new Promise(yes => this.client.watchForReceipt(id, yes)), 'RECEIPT')];
  }

  async send(destination, content, headers = {}) {
    const [id, done] = this.receipt();
    const body = typeof content === 'string' ? { body: content } : { binaryBody: content };
    this.client.publish({ destination, ...body, headers: { receipt: id, ...headers } });
    await done;
  }

  async subscribe(destination, headers = {}) {
    const [id, done] = this.receipt();
    const sub = this.client.subscribe(destination, m => (this.#waiting.length ? this.#waiting.shift()(m) : this.messages.push(m)), { receipt: id, ...headers });
    await done;
    return sub;
  }

  message() {
    if (this.messages.length) return this.messages.shift();
    return within(new Promise(yes => this.#waiting.push(yes)), 'MESSAGE');
  }

  close() {
    return this.client.deactivate();
  }
}

const tests = {
  async versions() {
    for (const [versions, want] of [[['1.0'], '1.0'], [['1.1', '1.0'], '1.1'], [['1.2', '1.1'], '1.2']]) {
      const s = await Session.open({ stompVersions: new Versions(versions) });
      assert.equal(s.client.connectedVersion, want);
      const q = queue();
      await s.subscribe(q);
      await s.send(q, 'grüße ' + want);
      assert.equal((await s.message()).body, 'grüße ' + want);
      await s.close();
    }
  },
  async headers() {
    const s = await Session.open();
    const q = queue();
    const odd = 'f:o:o\nbar\rbaz\\foo\nbar\rbaz\\';
    await s.subscribe(q);
    await s.send(q, 'x', { odd });
    const { headers } = await s.message();
    assert.equal(headers.odd, odd);
    await s.close();
  },
  async binary() {
    const s = await Session.open();
    const q = queue();
    const body = new Uint8Array(512 * 1024).map((_, i) => i);
    await s.subscribe(q);
    await s.send(q, body);
    assert.deepEqual(Buffer.from((await s.message()).binaryBody), Buffer.from(body));
    await s.close();
  },
  async acknowledgements() {
    for (const [mode, left] of [['client', ['3']], ['client-individual', ['0', '1', '3']]]) {
      const a = await Session.open();
      const q = queue();
      for (const n of '0123') await a.send(q, n);
      await a.subscribe(q, { ack: mode });
      const got = [await a.message(), await a.message(), await a.message(), await a.message()];
      const [receipt, done] = a.receipt();
      got[2].ack({ receipt });
      await done;
      await a.close();
      const b = await Session.open();
      await b.subscribe(q);
      for (const n of left) {
        const m = await b.message();
        assert.equal(m.body, n);
        assert.equal(m.headers.redelivered, 'true');
      }
      await b.close();
    }
  },
  async negative() {
    const a = await Session.open(), b = await Session.open();
    const q = queue();
    await a.subscribe(q, { ack: 'client' });
    await a.send(q, 'x');
    const m = await a.message();
    await b.subscribe(q, { ack: 'client' });
    m.nack();
    const again = await Promise.race([a.message(), b.message()]);
    assert.equal(again.body, 'x');
    again.ack();
    await Promise.all([a.close(), b.close()]);
  },
  async transactions() {
    const s = await Session.open();
    const q = queue();
    await s.subscribe(q);
    const lost = s.client.begin(), kept = s.client.begin();
    s.client.publish({ destination: q, body: 'lost', headers: { transaction: lost.id } });
    s.client.publish({ destination: q, body: 'kept', headers: { transaction: kept.id } });
    lost.abort();
    kept.commit();
    assert.equal((await s.message()).body, 'kept');
    await s.close();
  },
  async topics() {
    const a = await Session.open(), b = await Session.open();
    const topic = '/topic/' + crypto.randomUUID();
    await Promise.all([a.subscribe(topic), b.subscribe(topic)]);
    await a.send(topic, 'news');
    assert.deepEqual([(await a.message()).body, (await b.message()).body], ['news', 'news']);
    await Promise.all([a.close(), b.close()]);
  },
  async heartbeats() {
    const s = await Session.open({ heartbeatIncoming: 4000, heartbeatOutgoing: 4000 });
    const ended = new Promise((_, no) => (s.client.onWebSocketClose = () => no(new Error('the connection was ended'))));
    await Promise.race([ended, new Promise(yes => setTimeout(yes, 10_000))]);
    s.client.onWebSocketClose = () => {};
    const q = queue();
    await s.subscribe(q);
    await s.send(q, 'alive');
    assert.equal((await s.message()).body, 'alive');
    await s.close();
  },
  async errors() {
    await assert.rejects(Session.open({ connectHeaders: { login: user, passcode: 'wrong' } }), /login refused/);
    const s = await Session.open();
    s.client.publish({ destination: '/nowhere', body: 'x', headers: { receipt: 'r' } });
    const frame = await within(s.failed, 'ERROR');
    assert.equal(frame.headers['receipt-id'], 'r');
    await s.close();
  },
};

for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
  } catch (err) {
    console.log('FAILED', name, err);
    process.exit(1);
  }
  console.log('ok', name);
}
process.exit(0);
