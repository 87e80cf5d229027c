package stomp

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker/stomp/frame"
)

// tight is memory for one of the largest bodies, and as much for transactions.
var tight = Options{
	Limits: frame.Limits{Headers: 20, Line: 1 << 10, Head: 4 << 10, Body: 64 << 10}, Memory: 128 << 10,
	FrameTime: 20 * time.Second, LoginTime: 10 * time.Second,
}

// largest is a SEND of the largest body, in two parts; length says that content-length is named.
func largest(length bool) (begun, rest string) {
	head, body := "SEND\ndestination:/queue/a\nreceipt:large\n", strings.Repeat("x", tight.Limits.Body)
	if length {
		head += fmt.Sprintf("content-length:%d\n", len(body))
	}
	return head + "\n" + body[:len(body)/2], body[len(body)/2:] + "^"
}

// saying has a client say something that the server may not read yet; it tells when that was read.
func (c *client) saying(text string) (read <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		c.say(text)
		close(done)
	}()
	synctest.Wait()
	return done
}

// allGivenBack wants nothing of the memory to be in use.
func (w *world) allGivenBack() {
	w.t.Helper()
	synctest.Wait()
	half := int64(tight.Memory / 2)
	bodies, open := w.server.budget.bodies.TryAcquire(half), w.server.budget.open.TryAcquire(half)
	if !bodies || !open {
		w.t.Fatalf("all is given back: of bodies %v, of transactions %v", bodies, open)
	}
	w.server.budget.bodies.Release(half)
	w.server.budget.open.Release(half)
}

// TestBodiesShareMemory: of two large bodies one waits until the other is carried out, which
// is no silence of its client, and small messages pass meanwhile.
func TestBodiesShareMemory(t *testing.T) {
	for _, length := range []bool{true, false} {
		within(t, tight, func(t *testing.T, w *world) {
			begun, rest := largest(length)
			first, second, small := w.connect("1.2"), w.connect("1.2", "heart-beat:1000,0"), w.connect("1.2")
			first.say(begun)
			read := second.saying(begun + rest)
			time.Sleep(15 * time.Second) // more than twice a heart-beat
			small.say("SEND\ndestination:/queue/b\nreceipt:1\n\nsmall^BEGIN\ntransaction:t\n\n^SEND\ndestination:/queue/b\ntransaction:t\n\nsmall^COMMIT\ntransaction:t\nreceipt:2\n\n^")
			small.want(frame.Receipt, "receipt-id:1")
			small.want(frame.Receipt, "receipt-id:2")
			second.quiet()
			release := w.jobs.hold()
			first.say(rest)
			first.quiet()
			select {
			case <-read:
				t.Error("the second is read while the first is in memory still")
			default:
			}
			release()
			first.want(frame.Receipt, "receipt-id:large")
			second.want(frame.Receipt, "receipt-id:large")
			w.allGivenBack()
		})
	}
}

// TestWhoWaitsForMemory: who waits too long is told so; the death of who has the memory gives it
// to who waits; and a server that stops says so to who waits.
func TestWhoWaitsForMemory(t *testing.T) {
	begun, rest := largest(true)
	within(t, tight, func(t *testing.T, w *world) {
		first, second, third := w.connect("1.2"), w.connect("1.2"), w.connect("1.2")
		first.say(begun)
		time.Sleep(time.Second)
		second.saying(begun)
		time.Sleep(2 * time.Second)
		third.saying(begun + rest)
		first.refused("unfinished frame")
		third.refused("no memory for the body", "20s", "later")
		second.say(rest)
		second.want(frame.Receipt, "receipt-id:large")
		w.allGivenBack()

		first = w.connect("1.2")
		first.say(begun)
		second.saying(begun + rest)
		second.quiet()
		if err := first.conn.Close(); err != nil {
			t.Fatal(err)
		}
		second.want(frame.Receipt, "receipt-id:large")
		w.allGivenBack()

		first = w.connect("1.2")
		first.say(begun)
		second.saying(begun)
		at := time.Now()
		w.stop()
		second.refused("the server is stopping")
		if took := time.Since(at); took > 2*lingering {
			t.Errorf("who waited was told after %s", took)
		}
		synctest.Wait()
		w.allGivenBack()
	})
}

// TestTransactionsShareMemory: a transaction that has no memory is refused, small ones are not,
// and COMMIT, ABORT, DISCONNECT and the end of a connection give all of it back.
func TestTransactionsShareMemory(t *testing.T) {
	sends := func(kib int) string {
		return "BEGIN\ntransaction:t\n\n^" + strings.Repeat("SEND\ndestination:/queue/a\ntransaction:t\n\n"+strings.Repeat("x", 1<<10)+"^", kib) +
			"SEND\ndestination:/queue/a\ntransaction:t\nreceipt:held\n\n^"
	}
	for _, end := range []string{"COMMIT\ntransaction:t\nreceipt:end\n\n^", "ABORT\ntransaction:t\nreceipt:end\n\n^", "DISCONNECT\nreceipt:end\n\n^", ""} {
		within(t, tight, func(t *testing.T, w *world) {
			a := w.connect("1.2")
			a.say(sends(55))
			a.want(frame.Receipt, "receipt-id:held")
			large := w.connect("1.2")
			large.saying(sends(40))
			large.refused("no memory for transactions", "commit sooner")
			small := w.connect("1.2")
			small.say(sends(8), "COMMIT\ntransaction:t\nreceipt:end\n\n^")
			small.want(frame.Receipt, "receipt-id:held")
			small.want(frame.Receipt, "receipt-id:end")
			begun, rest := largest(true)
			small.say(begun + rest) // what is open keeps no body out
			small.want(frame.Receipt, "receipt-id:large")
			if end == "" {
				if err := a.conn.Close(); err != nil {
					t.Fatal(err)
				}
			} else {
				a.say(end)
				a.want(frame.Receipt, "receipt-id:end")
			}
			w.allGivenBack()
			again := w.connect("1.2")
			again.say(sends(55), "ABORT\ntransaction:t\nreceipt:end\n\n^")
			again.want(frame.Receipt, "receipt-id:held")
			again.want(frame.Receipt, "receipt-id:end")
			w.allGivenBack()
		})
	}
	// The ids of acknowledgements are held too.
	within(t, tight, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		c.say("SUBSCRIBE\nid:1\nack:client\ndestination:/queue/a\n\n^BEGIN\ntransaction:t\n\n^")
		c.saying(strings.Repeat("ACK\ntransaction:t\nid:1-"+strings.Repeat("x", 1000)+"\n\n^", 100))
		c.refused("no memory for transactions")
		w.allGivenBack()
	})
}

// TestManyHalfBodies: clients that stop in the middle of the largest body take together what
// one of them may, and each what was read at once.
func TestManyHalfBodies(t *testing.T) {
	const many, most = 60, 20 << 20
	within(t, Options{Memory: 1}, func(t *testing.T, w *world) { // which is made as large as two bodies
		half := append([]byte("SEND\ndestination:/queue/a\ncontent-length:4000000\n\n"), make([]byte, 2<<20)...)
		before := memory()
		for range many {
			conn := w.raw()
			go func() {
				for _, p := range [][]byte{[]byte("CONNECT\naccept-version:1.2\n\n\x00"), half} {
					if _, err := conn.Write(p); err != nil {
						return
					}
					go func() { _, _ = conn.Read(make([]byte, 1000)) }()
				}
			}()
		}
		synctest.Wait()
		if n := w.server.Open(); n != many {
			t.Errorf("%d connections are open", n)
		}
		if took := int64(memory()) - int64(before); took > most {
			t.Errorf("%d half bodies take %d MiB", many, took>>20)
		} else {
			t.Logf("%d half bodies take %d KiB", many, took>>10)
		}
	})
}
