package stomp

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	"collector/broker/stomp/frame"
)

func TestSendAndReceive(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		for _, from := range everyVersion {
			for _, to := range everyVersion {
				producer, consumer := w.connect(from), w.connect(to)
				consumer.say("SUBSCRIBE\nid:7\ndestination:/topic/t\nreceipt:r\n\n^")
				consumer.want(frame.Receipt)
				producer.say("SEND\ndestination:/topic/t\ncontent-type:x/y\nk:1\nk:2\npath:C:\\\\a\nmessage-id:mine\nsubscription:mine\nreceipt:q\ncontent-length:5\n\na^b\xff\n^")
				producer.want(frame.Receipt, "receipt-id:q")
				path := `C:\a`
				if from == "1.0" { // where a backslash is a backslash
					path = `C:\\a`
				}
				f := consumer.message("a\x00b\xff\n", "destination:/topic/t", "subscription:7", "content-type:x/y", "k:1", "content-length:5", "path:"+path)
				if id := f.Value("message-id"); id == "" || id == "mine" || f.Value("receipt") != "" {
					t.Errorf("headers %q", f.Headers)
				}
				for _, c := range []*client{producer, consumer} {
					c.say("DISCONNECT\n\n^")
					c.ended()
				}
			}
		}
	})
}

// TestReceiptMeansStored: no RECEIPT before the store has the message, and the messages
// of one read are one write.
func TestReceiptMeansStored(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		release := w.jobs.hold()
		c.say(strings.Repeat("SEND\ndestination:/queue/a\n\nx^", 20), "SEND\ndestination:/queue/a\nreceipt:1\n\nx^")
		time.Sleep(5 * time.Second)
		c.quiet()
		release()
		c.want(frame.Receipt, "receipt-id:1")
		if len(w.jobs.adds) != 1 || w.jobs.adds[0] != 21 {
			t.Errorf("writes of %v messages, want one of 21", w.jobs.adds)
		}
		release = w.jobs.hold()
		c.say("BEGIN\ntransaction:t\n\n^SEND\ndestination:/queue/a\ntransaction:t\n\nx^COMMIT\ntransaction:t\nreceipt:2\n\n^")
		time.Sleep(5 * time.Second)
		c.quiet()
		release()
		c.want(frame.Receipt, "receipt-id:2")
	})
}

// TestPersistence: without a receipt, a message that says persistent:false is not waited for;
// all others are stored before anything after them is answered.
func TestPersistence(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		release := w.jobs.hold()
		c.say("SEND\ndestination:/queue/a\npersistent:false\n\nx^", "BEGIN\ntransaction:1\nreceipt:1\n\n^")
		c.want(frame.Receipt, "receipt-id:1")
		for i, headers := range []string{"", "persistent:true\n", "persistent:false\nreceipt:0\n"} {
			c := w.connect("1.2")
			c.say("SEND\ndestination:/queue/a\n"+headers+"\nx^", fmt.Sprintf("BEGIN\ntransaction:1\nreceipt:%d\n\n^", i))
			c.quiet()
		}
		release()
	})
}

func TestAuto(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		for _, v := range everyVersion {
			c := w.connect(v)
			c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^SEND\ndestination:/queue/a\n\none^")
			f := c.message("one")
			if _, ok := f.Get("ack"); ok {
				t.Error("a message that needs no acknowledgement has an ack header")
			}
			if v != "1.2" { // it was acknowledged by being delivered; saying so is no fault
				c.say("ACK\nmessage-id:" + f.Value("message-id") + "\nsubscription:1\nreceipt:a\n\n^")
				c.want(frame.Receipt, "receipt-id:a")
				c.say("BEGIN\ntransaction:t\n\n^ACK\nmessage-id:" + f.Value("message-id") + "\nsubscription:1\ntransaction:t\n\n^COMMIT\ntransaction:t\nreceipt:b\n\n^")
				if g := c.want(frame.Receipt); g.Value("receipt-id") != "b" {
					t.Errorf("the receipt %q", g.Headers)
				}
			}
			if v == "1.0" { // which may leave out the subscription
				c.say("ACK\nmessage-id:"+f.Value("message-id")+"\nreceipt:c\n\n^", "BEGIN\ntransaction:t\n\n^ACK\nmessage-id:"+f.Value("message-id")+"\ntransaction:t\n\n^COMMIT\ntransaction:t\nreceipt:d\n\n^")
				c.want(frame.Receipt, "receipt-id:c")
				c.want(frame.Receipt, "receipt-id:d")
			}
			synctest.Wait()
			c.say("DISCONNECT\n\n^")
			c.ended()
		}
		c := w.connect("1.2")
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^")
		c.quiet()
	})
}

// acked acknowledges a delivered message as a version does.
func acked(command, version string, f frame.Frame, more ...string) string {
	lines := ""
	for _, m := range more {
		lines += m + "\n"
	}
	if version == "1.2" {
		return command + "\nid:" + f.Value("ack") + "\n" + lines + "\n^"
	}
	return command + "\nmessage-id:" + f.Value("message-id") + "\nsubscription:" + f.Value("subscription") + "\n" + lines + "\n^"
}

// TestAckModes: client acknowledges all up to a message, client-individual that alone (1.2,
// SUBSCRIBE ack Header). What is left comes again, and says so.
func TestAckModes(t *testing.T) {
	for _, v := range everyVersion {
		for mode, left := range map[string][]string{"client": {"4"}, "client-individual": {"1", "2", "4"}} {
			within(t, Options{}, func(t *testing.T, w *world) {
				p, c := w.connect("1.2"), w.connect(v)
				c.say("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:" + mode + "\n\n^")
				var got []frame.Frame
				for _, body := range []string{"1", "2", "3", "4"} {
					p.say("SEND\ndestination:/queue/a\nreceipt:1\n\n" + body + "^")
					p.want(frame.Receipt)
					got = append(got, c.message(body))
				}
				c.say(acked("ACK", v, got[2], "receipt:done"))
				c.want(frame.Receipt, "receipt-id:done")
				if err := c.conn.Close(); err != nil {
					t.Fatal(err)
				}
				p.say("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n^")
				for _, body := range left {
					p.message(body, "redelivered:true")
				}
				p.quiet()
			})
		}
	}
}

// TestNack gives messages back: to another, to the same, or to nobody.
func TestNack(t *testing.T) {
	for _, v := range []string{"1.1", "1.2"} {
		within(t, Options{}, func(t *testing.T, w *world) {
			c := w.connect(v)
			c.say("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client-individual\n\n^SEND\ndestination:/queue/a\n\nx^")
			f := c.message("x")
			if f.Value("redelivered") != "" {
				t.Error("the first delivery says that it is a repetition")
			}
			c.say(acked("NACK", v, f, "receipt:1"))
			second := frame.Frame{}
			for range 2 { // the receipt and the message, in whatever order
				if g := <-c.frames; g.Command == frame.Message {
					second = g
				}
			}
			if string(second.Body) != "x" || second.Value("redelivered") != "true" || second.Value("message-id") != f.Value("message-id") {
				t.Fatalf("again: %q", second)
			}
			c.say(acked("NACK", v, second, "requeue:false", "receipt:2"))
			c.want(frame.Receipt)
			c.quiet()
			c.say("DISCONNECT\n\n^")
			c.ended()
		})
	}
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.0")
		c.say("NACK\nmessage-id:1\n\n^")
		c.refused("not in this version", "1.1")
	})
}

// TestForeignAck: a message is acknowledged through the subscription that it was delivered to,
// once, on its own connection. Nothing else takes it from its consumer.
func TestForeignAck(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		for name, ack := range map[string]func(f frame.Frame) string{
			"another subscription": func(f frame.Frame) string { return "ACK\nid:2-" + f.Value("message-id") + "\n\n^" },
			"twice":                func(f frame.Frame) string { return acked("ACK", "1.2", f) + acked("ACK", "1.2", f) },
			"both":                 func(f frame.Frame) string { return acked("NACK", "1.2", f, "requeue:false") + acked("ACK", "1.2", f) },
			"unknown":              func(f frame.Frame) string { return "ACK\nid:1-none\n\n^" },
		} {
			c := w.connect("1.2")
			c.say("SUBSCRIBE\nid:a\ndestination:/queue/a\nack:client\n\n^SUBSCRIBE\nid:b\ndestination:/queue/b\nack:client\n\n^SEND\ndestination:/queue/a\n\n" + name + "^")
			c.say(ack(c.message(name, "subscription:a")))
			c.refused("unknown message")
			other := w.connect("1.2")
			other.say("SUBSCRIBE\nid:x\ndestination:/queue/a\n\n^")
			if name == "another subscription" || name == "unknown" {
				other.message(name, "redelivered:true")
			}
			other.quiet()
			other.say("DISCONNECT\n\n^")
			other.ended()
		}
		c, other := w.connect("1.1"), w.connect("1.1")
		c.say("SUBSCRIBE\nid:a\ndestination:/queue/a\nack:client\n\n^SEND\ndestination:/queue/a\n\nx^")
		f := c.message("x")
		other.say("SUBSCRIBE\nid:a\ndestination:/queue/a\nack:client\nreceipt:1\n\n^")
		other.want(frame.Receipt)
		other.say(acked("ACK", "1.1", f))
		other.refused("unknown message")
		c.say("ACK\nmessage-id:" + f.Value("message-id") + "\n\n^")
		c.refused("header missing", "subscription")
	})
}

// TestAckIn10: 1.0 may leave out the subscription, in all its ways.
func TestAckIn10(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.0")
		for _, q := range []string{"a", "b", "c"} {
			c.say("SUBSCRIBE\ndestination: /queue/" + q + "\nack: client\n\n^")
		}
		c.say("SUBSCRIBE\ndestination:/queue/d\n\n^")
		for _, q := range []string{"a", "b", "c"} {
			c.say("SEND\ndestination:/queue/" + q + "\n\n" + q + "^")
			f := c.message(q)
			if _, ok := f.Get("subscription"); ok {
				t.Error("a subscription without an id has one")
			}
			c.say("ACK\nmessage-id:" + f.Value("message-id") + "\nreceipt:1\n\n^")
			c.want(frame.Receipt)
		}
		c.say("UNSUBSCRIBE\ndestination:/queue/a\nreceipt:1\n\n^")
		c.want(frame.Receipt)
		c.say("SEND\ndestination:/queue/a\nreceipt:2\n\nx^")
		c.want(frame.Receipt, "receipt-id:2")
		c.quiet()
		c.say("ACK\nmessage-id:none\n\n^")
		c.refused("unknown message")
		c = w.connect("1.0") // without any subscription
		c.say("ACK\nmessage-id:none\n\n^")
		c.refused("unknown message")
	})
}

func TestPrefetch(t *testing.T) {
	for _, header := range []string{"prefetch-count:2", "activemq.prefetchSize:2"} {
		within(t, Options{}, func(t *testing.T, w *world) {
			c := w.connect("1.2")
			c.say(strings.Repeat("SEND\ndestination:/queue/a\n\nx^", 5), "SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client-individual\n"+header+"\n\n^")
			first := c.message("x")
			c.message("x")
			c.quiet()
			c.say(acked("ACK", "1.2", first))
			c.message("x")
			c.quiet()
		})
	}
}

func TestUnsubscribe(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client\n\n^SEND\ndestination:/queue/a\n\nx^")
		c.message("x")
		c.say("UNSUBSCRIBE\nid:1\nreceipt:u\n\n^")
		c.want(frame.Receipt, "receipt-id:u")
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^")
		c.message("x", "redelivered:true")
		c.say("SUBSCRIBE\nid:2\ndestination:/topic/a\n\n^SUBSCRIBE\nid:3\ndestination:/topic/a\n\n^UNSUBSCRIBE\nid:2\n\n^SEND\ndestination:/topic/a\n\nnews^")
		c.message("news", "subscription:3")
		c.quiet()
	})
}

func TestTransactions(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\nack:client-individual\n\n^")
		c.say("BEGIN\ntransaction:t\n\n^SEND\ndestination:/queue/a\ntransaction:t\nreceipt:1\n\none^SEND\ndestination:/queue/a\ntransaction:t\n\ntwo^")
		c.want(frame.Receipt, "receipt-id:1")
		c.quiet()
		c.say("COMMIT\ntransaction:t\nreceipt:2\n\n^")
		var got []frame.Frame
		for len(got) < 2 {
			if f := <-c.frames; f.Command == frame.Message {
				got = append(got, f)
			}
		}
		synctest.Wait()
		for len(c.frames) > 0 {
			<-c.frames
		}
		// An acknowledgement that is aborted was none; a committed one is.
		c.say("BEGIN\ntransaction:t\n\n^", acked("ACK", "1.2", got[0], "transaction:t"), "ABORT\ntransaction:t\nreceipt:3\n\n^")
		c.want(frame.Receipt, "receipt-id:3")
		c.say("BEGIN\ntransaction:t\n\n^", acked("ACK", "1.2", got[0], "transaction:t"), "SEND\ndestination:/queue/b\ntransaction:t\n\nanswer^")
		c.say("BEGIN\ntransaction:u\n\n^SEND\ndestination:/queue/a\ntransaction:u\n\nnever^")
		c.say("COMMIT\ntransaction:t\nreceipt:4\n\n^")
		c.want(frame.Receipt, "receipt-id:4")
		c.say("DISCONNECT\n\n^")
		c.ended()
		c = w.connect("1.2")
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^")
		c.message("two", "redelivered:true")
		c.quiet()
		c.say("SUBSCRIBE\nid:2\ndestination:/queue/b\n\n^")
		c.message("answer")
		c.say("BEGIN\ntransaction:t\n\n^", strings.Repeat("SEND\ndestination:/queue/a\ntransaction:t\n\n^", broker.MaxBatch+1))
		c.refused("transaction too large", "commit more often")
	})
}

func TestSelector(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		for _, destination := range []string{"/queue/a", "/topic/a"} {
			c := w.connect("1.2")
			c.say("SUBSCRIBE\nid:1\ndestination:" + destination + "\nselector:kind = 'star' AND stars > 100\n\n^")
			for _, headers := range []string{"kind:star\nstars:99\n", "kind:star\nstars:101\n", "stars:500\n"} {
				c.say("SEND\ndestination:" + destination + "\n" + headers + "\n" + "x^")
			}
			c.message("x", "stars:101")
			c.quiet()
			c.say("SUBSCRIBE\nid:2\ndestination:/queue/a\n\n^")
			if destination == "/queue/a" { // the others are still there for who wants them
				c.message("x", "stars:99")
				c.message("x", "stars:500")
			}
			c.quiet()
			c.say("DISCONNECT\n\n^")
			c.ended()
		}
	})
}

// TestTopic: all subscribers get a message; one that comes later may start at the oldest
// that is kept or at a position.
func TestTopic(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		a, b, p := w.connect("1.2"), w.connect("1.1"), w.connect("1.0")
		for _, c := range []*client{a, b} {
			c.say("SUBSCRIBE\nid:1\ndestination:/topic/a\nack:client\nreceipt:1\n\n^")
			c.want(frame.Receipt)
		}
		var positions []string
		for _, body := range []string{"1", "2", "3"} {
			p.say("SEND\ndestination:/topic/a\n\n" + body + "^")
			f := a.message(body)
			positions = append(positions, f.Value("position"))
			a.say(acked("ACK", "1.2", f))
			b.message(body)
		}
		a.say("SUBSCRIBE\nid:late\ndestination:/topic/a\nfrom:oldest\n\n^")
		for _, body := range []string{"1", "2", "3"} {
			a.message(body, "subscription:late")
		}
		b.say("SUBSCRIBE\nid:again\ndestination:/topic/a\nfrom:" + positions[2] + "\n\n^")
		b.message("3", "subscription:again")
		a.quiet()
		b.quiet()
	})
}

func TestPriorityAndIdempotency(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		for _, headers := range []string{"", "priority:1\n", "priority:9\n", "priority:99\n"} {
			c.say("SEND\ndestination:/queue/a\nreceipt:1\n" + headers + "\n" + headers + "^")
			c.want(frame.Receipt)
		}
		for range 3 {
			c.say("SEND\ndestination:/queue/a\nidempotency-key:k\npriority:0\nreceipt:1\n\nonce^")
			c.want(frame.Receipt)
		}
		c.say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^")
		for _, body := range []string{"priority:9\n", "priority:99\n", "", "priority:1\n", "once"} {
			c.message(body)
		}
		c.quiet()
	})
}

// TestStoreFails: a client whose message cannot be stored is told so, and gets no receipt.
func TestStoreFails(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		c := w.connect("1.2")
		if err := w.broker.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.say("SEND\ndestination:/queue/a\nreceipt:r\n\nx^")
		if f := c.refused("the server is stopping"); f.Value("receipt-id") != "r" {
			t.Errorf("the ERROR names %q", f.Headers)
		}
	})
}
