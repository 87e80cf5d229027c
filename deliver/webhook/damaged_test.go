package webhook

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
)

// spoilt is a store in which the row of one endpoint cannot be read.
type spoilt struct {
	Store
	id string
}

func (s spoilt) Get(ctx context.Context, id string) (Record, error) {
	if id == s.id {
		return Record{}, Broken(id, errLost)
	}
	return s.Store.Get(ctx, id)
}

func (s spoilt) List(ctx context.Context, after string, n int) ([]Record, error) {
	list, err := s.Store.List(ctx, after, n)
	for i, r := range list {
		if r.ID == s.id {
			list[i] = Record{Endpoint: Endpoint{ID: r.ID}, Version: r.Version, Damaged: Broken(r.ID, errLost)}
		}
	}
	return list, err
}

// TestADamagedWebhookHoldsUpNoOther: the others are called, what waits for it stays, and it
// can be removed.
func TestADamagedWebhookHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		bad, good := w.add(nil), w.add(func(e *Endpoint) { e.URL = "https://other.example/" })
		sound := w.hooks.Store
		waits, err := message{ID: "m", Endpoint: bad.ID, Type: "item.added"}.job(0)
		w.must(err)
		w.must(queue.On(w.jobs, time.Now).Add(t.Context(), waits))
		w.hooks.Store = spoilt{sound, bad.ID}
		w.commit("poll", 3)
		w.run(time.Hour)
		for _, c := range w.got {
			if c.url != good.URL {
				t.Errorf("%s was called", c.url)
			}
		}
		if len(w.got) != 3 || w.waiting(bad.ID) != 1 {
			t.Errorf("%d of 3 calls beside a damaged webhook, for which %d of 1 messages wait", len(w.got), w.waiting(bad.ID))
		}
		if _, err := All(t.Context(), w.hooks); !errors.Is(err, ErrDamaged) {
			t.Errorf("all of them are read: %v", err)
		}
		if err := Add(t.Context(), w.hooks, Record{Endpoint: Endpoint{ID: NewID(), User: "me"}}); err != nil {
			t.Errorf("another one is added: %v", err)
		}
		w.must(w.hooks.Remove(t.Context(), bad.ID))
	})
}
