package stomp

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"
)

// TestConnectionsAreShown while they last: who, from where, since when, what they subscribe
// to, and what they have in hand.
func TestConnectionsAreShown(t *testing.T) {
	within(t, Options{}, func(t *testing.T, w *world) {
		begin := time.Now()
		a := w.connect("1.2", "login:ada")
		w.dial() // does not log in
		synctest.Wait()
		time.Sleep(time.Second)
		b := w.connect("1.0")
		a.say("SUBSCRIBE\nid:1\ndestination:/queue/likes\nack:client-individual\n\n^", "SUBSCRIBE\nid:2\ndestination:/topic/items\nack:client\n\n^",
			"SUBSCRIBE\nid:3\ndestination:/topic/runs\nreceipt:s\n\n^")
		a.want("RECEIPT")
		b.say("SEND\ndestination:/queue/likes\n\none^", "SEND\ndestination:/queue/likes\n\ntwo^", "SEND\ndestination:/topic/items\n\nthree^", "SEND\ndestination:/topic/runs\nreceipt:r\n\nfour^")
		b.want("RECEIPT")
		acks := map[string]string{}
		for range 4 {
			f := a.want("MESSAGE")
			acks[string(f.Body)] = f.Value("ack")
		}
		shown := func(most, all int, want ...Connection) {
			t.Helper()
			synctest.Wait()
			got, n := w.server.Connections(most)
			if n != all || !reflect.DeepEqual(got, want) {
				t.Errorf("%d:\n%+v\nwant %d:\n%+v", n, got, all, want)
			}
		}
		ada := Connection{
			ID: "session-1", User: "ada", Version: "1.2", From: "pipe", Since: begin,
			Subscriptions: []string{"/queue/likes", "/topic/items", "/topic/runs"}, InHand: 3,
		}
		old := Connection{ID: "session-3", Version: "1.0", From: "pipe", Since: begin.Add(time.Second)}
		shown(10, 2, ada, old)
		shown(1, 2, ada)
		a.say("ACK\nid:"+acks["one"]+"\n\n^", "UNSUBSCRIBE\nid:2\nreceipt:u\n\n^")
		a.want("RECEIPT")
		ada.Subscriptions, ada.InHand = []string{"/queue/likes", "/topic/runs"}, 1
		shown(10, 2, ada, old)
		a.say("DISCONNECT\nreceipt:d\n\n^")
		a.want("RECEIPT")
		a.conn.Close()
		shown(10, 1, old)
	})
}
