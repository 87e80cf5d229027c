"""Uses a STOMP server through stomp.py, a client that nobody here wrote.

    client.py HOST PORT TLS_PORT CA_FILE USER PASSWORD

Prints a line for each thing that works and ends with 1 at the first that does not.
"""
import sys
import threading
import time
import uuid

import stomp

HOST, PORT, TLS_PORT, CA, USER, PASSWORD = sys.argv[1:7]
WAIT = 60


class Listener(stomp.ConnectionListener):
    def __init__(self):
        self.frames = {"message": [], "receipt": [], "error": [], "heartbeat": []}
        self.connected = None
        self.changed = threading.Condition()

    def note(self, kind, frame):
        with self.changed:
            self.frames[kind].append(frame)
            self.changed.notify_all()

    def on_connected(self, frame):
        self.connected = frame.headers

    def on_message(self, frame):
        self.note("message", frame)

    def on_receipt(self, frame):
        self.note("receipt", frame)

    def on_error(self, frame):
        self.note("error", frame)

    def on_heartbeat(self):
        self.note("heartbeat", None)

    def wait(self, kind, n=1):
        """Returns the frames of a kind when there are n."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.frames[kind]) >= n, WAIT):
                raise AssertionError(f"{len(self.frames[kind])} of {n} {kind} frames came; errors: {[(f.headers, f.body) for f in self.frames['error']]}")
            return self.frames[kind]


class Session:
    """One connection with its listener."""

    def __init__(self, kind=stomp.Connection12, port=PORT, password=PASSWORD, tls=False, **options):
        self.conn = kind([(HOST, int(port))], **options)
        if tls:
            self.conn.set_ssl([(HOST, int(port))], ca_certs=CA)
        self.got = Listener()
        self.conn.set_listener("test", self.got)
        self.conn.connect(USER, password, wait=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.conn.is_connected():
            self.conn.disconnect()

    def send(self, destination, body, **headers):
        """Sends and waits until it is stored."""
        n = len(self.got.frames["receipt"])
        self.conn.send(destination, body, headers=headers, receipt=str(uuid.uuid4()))
        self.got.wait("receipt", n + 1)


def queue():
    return "/queue/" + str(uuid.uuid4())


def check(got, want, what):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, want {want!r}")


def versions():
    for kind, version in ((stomp.Connection10, "1.0"), (stomp.Connection11, "1.1"), (stomp.Connection12, "1.2")):
        with Session(kind) as s:
            q = queue()
            s.conn.subscribe(q, id="1", ack="auto")
            s.send(q, "hello " + version, kind="greeting")
            frame = s.got.wait("message")[0]
            check(frame.body, "hello " + version, "the body")
            check(frame.headers["kind"], "greeting", "the header")
            check(s.got.connected.get("version"), version, "the version")


def headers():
    odd = {"a": "colon : b", "b": "back \\ slash", "c": "new \n line", "d": "carriage \r return", "é": "ü"}
    with Session() as s:
        q = queue()
        s.conn.subscribe(q, id="1")
        s.send(q, "x", **odd)
        got = s.got.wait("message")[0].headers
        for name, value in odd.items():
            # this client does not decode \r
            check(got[name].replace("\\r", "\r"), value, "header " + name)


def binary():
    with Session(auto_decode=False) as s:
        q = queue()
        body = bytes(range(256)) * 2000
        s.conn.subscribe(q, id="1")
        s.send(q, body)
        check(s.got.wait("message")[0].body, body, "the body")


def acknowledgements():
    for mode, left in (("client", ["3"]), ("client-individual", ["0", "1", "3"])):
        q = queue()
        with Session() as s:
            for n in range(4):
                s.send(q, str(n))
            s.conn.subscribe(q, id="1", ack=mode)
            frames = s.got.wait("message", 4)
            s.conn.ack(frames[2].headers["ack"], receipt="done")
            s.got.wait("receipt", 5)
        with Session() as s:
            s.conn.subscribe(q, id="1", ack="auto")
            frames = s.got.wait("message", len(left))
            check([f.body for f in frames], left, "what was left in mode " + mode)
            check({f.headers["redelivered"] for f in frames}, {"true"}, "redelivered")


def negative():
    q = queue()
    with Session() as a, Session() as b:
        a.conn.subscribe(q, id="1", ack="client-individual")
        a.send(q, "x")
        a.conn.nack(a.got.wait("message")[0].headers["ack"])
        a.conn.unsubscribe(id="1")
        b.conn.subscribe(q, id="1", ack="client-individual")
        frame = b.got.wait("message")[0]
        check(frame.body, "x", "the body")
        b.conn.ack(frame.headers["ack"])


def transactions():
    q = queue()
    with Session() as s:
        s.conn.subscribe(q, id="1")
        lost, kept = s.conn.begin(), s.conn.begin()
        s.conn.send(q, "lost", transaction=lost)
        s.conn.send(q, "kept", transaction=kept)
        s.conn.abort(lost)
        s.conn.commit(kept)
        check(s.got.wait("message")[0].body, "kept", "what was committed")


def prefetch():
    q = queue()
    with Session() as s:
        for n in range(5):
            s.send(q, str(n))
        s.conn.subscribe(q, id="1", ack="client-individual", headers={"prefetch-count": "2"})
        for n in range(5):
            frames = s.got.wait("message", n + 1)
            if len(frames) > n + 2:
                raise AssertionError(f"{len(frames)} messages while {n} are acknowledged")
            s.conn.ack(frames[n].headers["ack"])


def topics():
    t = "/topic/" + str(uuid.uuid4())
    with Session() as a, Session() as b:
        for s in (a, b):
            s.conn.subscribe(t, id="1", receipt="subscribed")
            s.got.wait("receipt")
        a.send(t, "news")
        for s in (a, b):
            check(s.got.wait("message")[0].body, "news", "the body")


def selectors():
    q = queue()
    with Session() as s:
        for stars in ("5", "500"):
            s.send(q, stars, stars=stars)
        s.conn.subscribe(q, id="1", headers={"selector": "stars > 100"})
        check(s.got.wait("message")[0].body, "500", "what was selected")


def heartbeats():
    with Session(heartbeats=(4000, 4000)) as s:
        s.got.wait("heartbeat", 2)
        check(s.conn.is_connected(), True, "being connected")


def errors():
    try:
        Session(password="wrong")
        raise AssertionError("a wrong password is taken")
    except stomp.exception.ConnectFailedException:
        pass
    s = Session()
    s.conn.send("/nowhere", "x", receipt="r")
    frame = s.got.wait("error")[0]
    check(frame.headers["receipt-id"], "r", "the receipt-id of the ERROR")
    until = time.monotonic() + WAIT
    while s.conn.is_connected() and time.monotonic() < until:
        time.sleep(0.05)
    check(s.conn.is_connected(), False, "being connected after an ERROR")


def tls():
    with Session(port=TLS_PORT, tls=True) as s:
        q = queue()
        s.conn.subscribe(q, id="1")
        s.send(q, "secret")
        check(s.got.wait("message")[0].body, "secret", "the body")


for test in (versions, headers, binary, acknowledgements, negative, transactions, prefetch, topics, selectors, heartbeats, errors, tls):
    test()
    print("ok", test.__name__, flush=True)
