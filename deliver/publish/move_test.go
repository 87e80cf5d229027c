package publish

import (
	"context"
	"testing"
	"time"

	"collector/store"
	"collector/store/memory"
)

// begun is an empty store whose log begins behind a number.
type begun struct {
	store.Store
	at int64
}

func (b begun) LastChange(context.Context) (int64, error) { return b.at, nil }

func (b begun) Changes(_ context.Context, _ string, since int64, _ int) ([]store.Change, error) {
	if since < b.at {
		return nil, store.ErrGone
	}
	return nil, nil
}

// TestMoved: where all was published it goes on in the new store, else subscribers are told
// that something is missing. Nothing is passed over in silence.
func TestMoved(t *testing.T) {
	for _, behind := range []bool{false, true} {
		w := newWorld(t)
		p := w.publisher(Config{})
		w.steps(p)
		w.commit("poll", like("1"))
		w.steps(p)
		if behind {
			w.commit("poll", like("2"))
		}
		st, err := memory.Open(t.Context(), "", store.Options{Now: func() time.Time { return noon }})
		w.must(err)
		defer st.Close()
		to := begun{st, 1000}
		for range 2 {
			w.must(Move(t.Context(), w.st, to, w.st, to.at))
		}
		w.st, w.sent = to, nil
		w.steps(w.publisher(Config{}))
		told := w.told(Topic)
		if behind != (len(told) == 1) || behind && (told[0] != "missed " || w.sent[0].Get("after") != "1" || w.sent[0].Get("seq") != "1000") {
			t.Errorf("behind: %v, told %v", behind, w.sent)
		}
	}
}

// TestWhatTheLogHoldsIsPublished: after what it has lost.
func TestWhatTheLogHoldsIsPublished(t *testing.T) {
	w := newWorld(t)
	w.steps(w.publisher(Config{}))
	for _, id := range []string{"1", "2", "3", "4"} {
		w.commit("poll", like(id))
	}
	w.st = short{w.st, 2}
	w.steps(w.publisher(Config{}))
	if told := w.told(Topic); len(told) != 3 || told[0] != "missed " || told[1] != "added 3" || told[2] != "added 4" {
		t.Errorf("told %v", told)
	}
}

// short is a store whose log begins behind a number.
type short struct {
	store.Store
	floor int64
}

func (s short) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	if since < s.floor {
		return nil, store.ErrGone
	}
	return s.Store.Changes(ctx, user, since, n)
}
