package stomp

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker/stomp/frame"
)

func TestConnect(t *testing.T) {
	within(t, Options{Name: "collector/1.0"}, func(t *testing.T, w *world) {
		for _, c := range []struct{ headers, version string }{
			{"", "1.0"},
			{"login: ada \npasscode: x\n", "1.0"},
			{"accept-version:1.0\n", "1.0"},
			{"accept-version:1.0,1.1\nhost:whatever\n", "1.1"},
			{"accept-version:1.0,1.1,1.2\nhost:/\r\n", "1.2"},
			{"accept-version:1.1,2.0\n", "1.1"},
		} {
			for _, command := range []string{"CONNECT", "STOMP"} {
				client := w.dial()
				client.say(command + "\n" + c.headers + "\n^\n")
				f := client.want(frame.Connected, "version:"+c.version, "server:collector/1.0")
				if f.Value("session") == "" {
					t.Error("no session id")
				}
				if _, ok := f.Get("heart-beat"); ok == (c.version == "1.0") {
					t.Errorf("heart-beat in %s: %v", c.version, ok)
				}
				if strings.Contains(c.headers, "ada") && f.Value("user-name") != "ada" {
					t.Errorf("1.0 is not trimmed: %q", f.Headers)
				}
				client.say("DISCONNECT\nreceipt:bye\n\n^")
				client.want(frame.Receipt, "receipt-id:bye")
				client.ended()
			}
		}
		for text, want := range map[string][]string{
			"SEND\ndestination:/queue/a\n\n^":                {"not connected", "CONNECT or STOMP"},
			"CONNECT\naccept-version:2.0\n\n^":               {"version not supported", "1.2,1.1,1.0"},
			"CONNECT\naccept-version:1.2\nheart-beat:x\n\n^": {"malformed heart-beat", "10000,10000"},
			"CONNECT\naccept-version:1.2\nheart-beat:5\n\n^": {"malformed heart-beat"},
			"CONNECT\naccept-version:1.2\n\nbody^":           {"malformed frame", "no body"},
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n":              {"malformed frame", "no command of STOMP"},
			"CONNECTED\n\n^":                                 {"not connected"},
		} {
			client := w.dial()
			client.say(text)
			f := client.refused(want[0], want[1:]...)
			if want[0] == "version not supported" && f.Value("version") != "1.2,1.1,1.0" {
				t.Errorf("the supported versions are not named: %q", f.Headers)
			}
		}
		client := w.connect("1.2")
		client.say("CONNECT\naccept-version:1.2\n\n^")
		client.refused("already connected")
	})
}

// TestPipelined: a client that does not wait for CONNECTED is understood, all frames of one read too.
func TestPipelined(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.dial()
		c.say("\n\nCONNECT\naccept-version:1.2\nhost:x\n\n^\r\nSUBSCRIBE\r\nid:0\r\ndestination:/queue/a\r\nreceipt:s\r\n\r\n^\n\n" +
			"SEND\ndestination:/queue/a\nk:a\\cb\n\none^SEND\ndestination:/queue/a\nreceipt:r\ncontent-length:3\n\na^b^\nDISCONNECT\nreceipt:d\n\n^")
		c.want(frame.Connected)
		c.want(frame.Receipt, "receipt-id:s")
		seen := map[string]bool{}
		for f := range c.frames { // a message may still come before the end, or not
			if f.Command == frame.Receipt {
				seen[f.Value("receipt-id")] = true
			}
		}
		if !seen["r"] || !seen["d"] {
			t.Errorf("receipts: %v", seen)
		}
	})
}

func TestHeartbeats(t *testing.T) {
	// 1.2, Heart-beating: each way the longer of what one can and the other wants.
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2", "heart-beat:0,4000")
		begun := time.Now()
		for range 5 {
			if at := <-c.beats; at.Sub(begun) > 4*time.Second {
				t.Errorf("a heart-beat after %s", at.Sub(begun))
			} else {
				begun = at
			}
		}
		// It sends none: nothing is expected of it.
		c.say("DISCONNECT\nreceipt:1\n\n^")
		c.want(frame.Receipt)
		c.ended()
	})
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.1", "heart-beat:3000,0")
		for range 20 { // a line end or any other bytes do
			time.Sleep(3 * time.Second)
			c.say("\n")
		}
		time.Sleep(5 * time.Second)
		c.say("BEGIN\ntransaction:")
		time.Sleep(5 * time.Second)
		c.say("1\n\n^")
		c.quiet()
		begun := time.Now()
		c.refused("no heart-beat", "6s")
		if d := time.Since(begun); d < 5*time.Second || d > 7*time.Second {
			t.Errorf("cut off after %s", d)
		}
		if len(c.beats) > 0 {
			t.Error("a heart-beat came that nobody asked for")
		}
	})
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2", "heart-beat:1,1") // more often than the server can
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^")
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if n := len(c.beats); n != 2 {
			t.Errorf("%d heart-beats in 1.9 s", n)
		}
		c.refused("no heart-beat", "2s")
	})
}

// TestASlowStoreIsNoSilence: while a store takes long a client is not heard, but it beats all
// the time, and its unfinished frame is not late.
func TestASlowStoreIsNoSilence(t *testing.T) {
	within(t, Options{FrameTime: 20 * time.Second}, func(t *testing.T, w *world) {
		c := w.connect("1.2", "heart-beat:1000,0")
		release := w.jobs.hold()
		c.say("SEND\ndestination:/queue/a\nreceipt:1\n\nx^BEGIN\ntransac")
		var beating sync.WaitGroup
		defer beating.Wait()
		beating.Go(func() {
			for range 40 { // what it says meanwhile waits
				if _, err := io.WriteString(c.conn, "t"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		time.Sleep(30 * time.Second)
		release()
		c.want(frame.Receipt, "receipt-id:1")
		c.quiet()
		c.refused("unfinished frame") // its time begins again
	})
}

// TestABeatThatNobodyTakes ends the connection, also where nothing else is sent or expected.
func TestABeatThatNobodyTakes(t *testing.T) {
	within(t, Options{WriteTime: 30 * time.Second}, func(t *testing.T, w *world) {
		conn := w.raw()
		if _, err := io.WriteString(conn, "CONNECT\naccept-version:1.2\nheart-beat:0,1000\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if n := w.server.Open(); n != 0 {
			t.Errorf("%d connections are open whose client takes nothing", n)
		}
	})
}

func TestTimeLimits(t *testing.T) {
	o := Options{LoginTime: 10 * time.Second, FrameTime: 20 * time.Second, SilentTime: 3 * time.Minute}
	after := func(t *testing.T, d time.Duration, c *client, message string) {
		t.Helper()
		begun := time.Now()
		c.refused(message)
		if took := time.Since(begun); took < d-2*time.Second || took > d+2*time.Second {
			t.Errorf("%s after %s, want %s", message, took, d)
		}
	}
	within(t, o, func(t *testing.T, w *world) {
		after(t, 10*time.Second, w.dial(), "no login")
		// A byte now and then does not help.
		slow := w.dial()
		go func() {
			for _, b := range []byte("CONNECT\nlogin:" + strings.Repeat("x", 100)) {
				if _, err := slow.conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		after(t, 10*time.Second, slow, "no login")
		drip := w.connect("1.2")
		go func() {
			for _, b := range []byte("SEND\ndestination:/queue/" + strings.Repeat("x", 100)) {
				if _, err := drip.conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		after(t, 20*time.Second, drip, "unfinished frame")
		after(t, 3*time.Minute, w.connect("1.0"), "silence")
		listener := w.connect("1.0")
		listener.say("SUBSCRIBE\ndestination:/topic/a\n\n^")
		time.Sleep(24 * time.Hour)
		other := w.connect("1.2")
		other.say("SEND\ndestination:/topic/a\n\nstill there?^")
		listener.message("still there?")
	})
}

func TestLimits(t *testing.T) {
	o := Options{Limits: frame.Limits{Headers: 5, Line: 100, Head: 300, Body: 1000}, Subscriptions: 2, Transactions: 2}
	within(t, o, func(t *testing.T, w *world) {
		for text, want := range map[string][]string{
			"SEND\na:1\na:2\na:3\na:4\na:5\na:6\n":                         {"malformed frame", "more than 5 headers"},
			"SEND\na:" + strings.Repeat("x", 200):                          {"malformed frame", "more than 100 bytes"},
			"SEND\ndestination:/queue/a\ncontent-length:1001\n\n":          {"malformed frame", "more than 1000 bytes"},
			"SEND\ndestination:/queue/a\n\n" + strings.Repeat("x", 1002):   {"malformed frame", "more than 1000 bytes"},
			"SUBSCRIBE\nid:3\ndestination:/queue/c\n\n^":                   {"too many subscriptions", "at most 2"},
			"BEGIN\ntransaction:3\n\n^":                                    {"too many transactions", "at most 2"},
			"BEGIN\ntransaction:2\n\n^":                                    {"transaction open"},
			"SUBSCRIBE\nid:2\ndestination:/queue/c\n\n^":                   {"subscribed already"},
			"SUBSCRIBE\ndestination:/queue/c\n\n^":                         {"header missing", "id"},
			"SUBSCRIBE\nid:9\n\n^":                                         {"header missing", "destination"},
			"SUBSCRIBE\nid:\ndestination:/queue/c\n\n^":                    {"header missing", "id"},
			"SUBSCRIBE\nid:9\ndestination:nowhere\n\n^":                    {"no such destination", "/queue/"},
			"SUBSCRIBE\nid:9\ndestination:/queue/a\nack:sometimes\n\n^":    {"malformed ack", "client-individual"},
			"SUBSCRIBE\nid:9\ndestination:/queue/a\nprefetch-count:x\n\n^": {"malformed prefetch"},
			"SUBSCRIBE\nid:9\ndestination:/queue/a\nselector:a b\n\n^":     {"malformed selector", "byte 3"},
			"SUBSCRIBE\nid:9\ndestination:/topic/a\nfrom:yesterday\n\n^":   {"malformed from"},
			"UNSUBSCRIBE\nid:9\n\n^":                                       {"not subscribed"},
			"UNSUBSCRIBE\n\n^":                                             {"header missing"},
			"SEND\n\nx^":                                                   {"header missing", "destination"},
			"SEND\ndestination:/queue/\n\nx^":                              {"no such destination"},
			"SEND\ndestination:/queue/a\npriority:high\n\nx^":              {"malformed priority"},
			"SEND\ndestination:/queue/a\ntransaction:7\n\nx^":              {"unknown transaction", "BEGIN"},
			"COMMIT\ntransaction:7\n\n^":                                   {"unknown transaction"},
			"COMMIT\n\n^":                                                  {"header missing", "transaction"},
			"ABORT\ntransaction:7\n\n^":                                    {"unknown transaction"},
			"BEGIN\n\n^":                                                   {"header missing"},
			"ACK\nid:7-x\n\n^":                                             {"unknown message"},
			"ACK\nid:1-x\n\n^":                                             {"unknown message"},
			"ACK\nmessage-id:x\nsubscription:1\n\n^":                       {"header missing", "id"},
			"NACK\n\n^":                                                    {"header missing"},
			"ACK\nid:1-x\n\nbody^":                                         {"body not allowed", "SEND"},
			"MESSAGE\n\n^":                                                 {"not for clients"},
		} {
			c := w.connect("1.2")
			c.say("SUBSCRIBE\nid:1\nack:client\ndestination:/queue/quiet\n\n^SUBSCRIBE\nid:2\ndestination:/queue/quiet\n\n^BEGIN\ntransaction:1\n\n^BEGIN\ntransaction:2\nreceipt:ready\n\n^")
			c.want(frame.Receipt, "receipt-id:ready")
			if strings.Contains(text, "id:9") {
				c.say("UNSUBSCRIBE\nid:2\n\n^")
			}
			c.say(text)
			c.refused(want[0], want[1:]...)
		}
		c := w.connect("1.2")
		c.say("SEND\nreceipt:77\n\nx^")
		if f := c.refused("header missing"); f.Value("receipt-id") != "77" || f.Value("content-type") != "text/plain" {
			t.Errorf("the ERROR does not name the frame: %q", f.Headers)
		}
	})
}

func TestTooManyConnections(t *testing.T) {
	within(t, Options{Connections: 2}, func(t *testing.T, w *world) {
		a := w.connect("1.2")
		w.connect("1.2")
		there := w.dial()
		there.refused("too many connections")
		a.say("DISCONNECT\n\n^")
		a.ended()
		synctest.Wait()
		w.connect("1.2")
	})
}

// TestStop: a server that stops says so, and its sessions end.
func TestStop(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c, fresh := w.connect("1.2"), w.dial()
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\nreceipt:1\n\n^")
		c.want(frame.Receipt)
		w.stop()
		c.refused("the server is stopping", "again")
		fresh.refused("the server is stopping")
	})
}

// TestClientGone: a client that vanishes leaves nothing behind.
func TestClientGone(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		for range 3 {
			c := w.connect("1.2", "heart-beat:0,1000")
			c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\nreceipt:1\n\n^")
			c.want(frame.Receipt)
			if err := c.conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := w.server.Open(); n != 0 {
			t.Errorf("%d connections are open", n)
		}
	})
}

// TestSlowConsumer: one that takes nothing is cut off, holds little until then, and what
// it did not acknowledge goes to another.
func TestSlowConsumer(t *testing.T) {
	within(t, Options{WriteTime: 30 * time.Second}, func(t *testing.T, w *world) {
		slow := w.raw()
		if _, err := io.WriteString(slow, "CONNECT\naccept-version:1.2\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		if _, err := slow.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(slow, "SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client\nprefetch-count:3\n\n\x00"); err != nil {
			t.Fatal(err)
		}
		p := w.connect("1.2")
		for range 10 {
			p.say("SEND\ndestination:/queue/a\nreceipt:1\n\n" + strings.Repeat("x", 1000) + "^")
			p.want(frame.Receipt)
		}
		p.say("SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client-individual\nprefetch-count:100\n\n^")
		for range 7 { // three are in the slow one's hands
			p.want(frame.Message)
		}
		p.quiet()
		begun := time.Now()
		again := 0
		for range 3 { // those that were written for it, or waited to be
			if f := p.want(frame.Message); f.Value("redelivered") == "true" {
				again++
			}
		}
		if again == 0 {
			t.Error("no message says that it was in somebody's hands")
		}
		if d := time.Since(begun); d > 40*time.Second || w.server.Open() != 1 {
			t.Errorf("after %s, %d connections are open", d, w.server.Open())
		}
	})
}
