package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestOwnPortsAreNotCalled: neither a webhook nor a notification reaches a port that this
// collector listens on, also where the operator has allowed the machine.
func TestOwnPortsAreNotCalled(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer s.Close()
	at := s.Listener.Addr().String()
	p := program{now: atNoon, env: map[string]string{"COLLECTOR_ALLOW_PRIVATE": "127.0.0.1", "COLLECTOR_NOTIFY": "generic://" + at + "/?disabletls=yes"}}
	id := strings.Fields(p.run(t, "webhooks", "add", s.URL).must(t).out)[0]
	p.run(t, "webhooks", "test", id).must(t)
	p.run(t, "notify", "test").must(t)
	if calls.Load() != 2 {
		t.Fatalf("%d calls", calls.Load())
	}
	for _, own := range []string{at, strings.Replace(at, "127.0.0.1", "localhost", 1), strings.Replace(at, "127.0.0.1", "0.0.0.0", 1), strings.TrimPrefix(at, "127.0.0.1")} {
		p.env["COLLECTOR_STOMP"] = own
		p.env["COLLECTOR_STOMP_USERS"] = "ada c4nary-password"
		for _, args := range [][]string{{"webhooks", "test", id}, {"notify", "test"}} {
			if o := p.run(t, args...); o.code == exitOK {
				t.Errorf("%v reaches %s", args, own)
			}
		}
	}
	p.env["COLLECTOR_STOMP"], p.env["COLLECTOR_METRICS_LISTEN"] = "", at
	if o := p.run(t, "webhooks", "test", id); o.code == exitOK {
		t.Error("a webhook reaches the port of the metrics")
	}
	if calls.Load() != 2 {
		t.Errorf("%d calls of 2", calls.Load())
	}
}
