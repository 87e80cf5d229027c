package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"collector/control"
	"collector/state"
	"collector/store"
	"collector/web"
)

// TestSonify is heard of what may be seen, and of no more at a time than this machine bears.
func TestSonify(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		heard := func(who, rest string) control.Sounded {
			t.Helper()
			a := w.get(who, "/api/sonify?since=3600&length=2"+rest)
			var out control.Sounded
			if err := json.Unmarshal([]byte(a.header.Get(web.SoundTrailer)), &out); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != web.SoundType || !strings.HasPrefix(string(a.body), "RIFF") {
				t.Fatalf("%s: %d %v %v", who, a.status, a.header, err)
			}
			return out
		}
		if got := heard("anna", ""); got != (control.Sounded{Seconds: 5, Likes: 5}) {
			t.Errorf("anna hears %+v", got)
		}
		if got := heard("reader", "&user=anna"); got.Likes != 5 {
			t.Errorf("who may look hears %+v", got)
		}
		if got := heard("operator", ""); got.Likes != 10 {
			t.Errorf("the operator hears %+v", got)
		}
		w.refused("anna", "GET", "/api/sonify?user=bob", "", http.StatusForbidden, "nothing of other users")
		w.refused("figures", "GET", "/api/sonify", "", http.StatusForbidden, "")
		w.refused("nobody", "GET", "/api/sonify", "", http.StatusUnauthorized, "")
		for _, q := range []string{"since=59", "since=2678401", "length=0", "length=3601", "since=60&length=61", "since=NaN", "length=NaN", "since=3600&length=NaN", "length=Inf", "since=-Inf"} {
			w.refused("anna", "GET", "/api/sonify?"+q, "", http.StatusUnprocessableEntity, "")
		}
		held := holding{w.store, make(chan struct{}), make(chan struct{}), new(atomic.Int64)}
		w.panel.Store = held
		done := make(chan int, 2)
		for range cap(done) {
			go func() { done <- w.get("anna", "/api/sonify?since=60&length=1").status }()
			<-held.begun
		}
		w.refused("anna", "GET", "/api/sonify?since=60&length=1", "", http.StatusTooManyRequests, "2 sounds")
		close(held.end)
		for range cap(done) {
			if status := <-done; status != http.StatusOK {
				t.Errorf("one of two: %d", status)
			}
		}
		w.panel.Store = w.store
		heard("anna", "")
		for range 3 { // one that comes to nothing keeps no place
			w.panel.Store = panicking{w.store}
			func() {
				defer func() { _ = recover() }()
				w.get("anna", "/api/sonify?since=60&length=1")
			}()
			w.panel.Store = w.store
		}
		heard("anna", "")
	})
}

// holding is a store that says when its networks are asked for, and answers once it may; a third
// time it fails.
type holding struct {
	store.Store
	begun, end chan struct{}
	asked      *atomic.Int64
}

func (s holding) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	if s.asked.Add(1) > 2 {
		return nil, errors.New("asked for once more")
	}
	s.begun <- struct{}{}
	<-s.end
	return s.Store.Networks(ctx, f)
}

// panicking is a store of which a question for networks ends in a panic.
type panicking struct{ store.Store }

func (panicking) Networks(context.Context, store.Filter) ([]state.Network, error) { panic("networks") }
