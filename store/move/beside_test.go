package move_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"collector/state"
	"collector/store"
	"collector/store/move"
)

// both are a source with an account and an empty target.
func both(t *testing.T) (from, to store.Movable) {
	t.Helper()
	var out [2]store.Movable
	for i := range out {
		st, err := file(t).Open("")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		out[i] = st.(store.Movable)
	}
	if err := out[0].AddAccount(t.Context(), state.Account{ID: "a", User: "me", Provider: "github", Name: "octocat"}); err != nil {
		t.Fatal(err)
	}
	return out[0], out[1]
}

// TestWhatIsBesideIsMoved: with the number at which the log begins, again when a try before
// did not come to its end, and counted on both sides before the target is open for anybody.
func TestWhatIsBesideIsMoved(t *testing.T) {
	from, to := both(t)
	there, takes, left := 0, 2, errors.New("cut off")
	var logs []int64
	o := move.Options{Name: "source", Now: func() time.Time { return time.UnixMilli(5000) }, Beside: &move.Beside{
		What:  "things",
		Count: func(context.Context) (int, int, error) { return 3, there, nil },
		Move: func(_ context.Context, log int64) error {
			logs = append(logs, log)
			there = takes
			return left
		},
	}}
	if r, err := move.Look(t.Context(), from, to, o); err != nil || r.Beside != 3 || len(logs) != 0 {
		t.Errorf("a look: %+v, %v", r, err)
	}
	if _, err := move.Run(t.Context(), from, to, o); !errors.Is(err, left) {
		t.Errorf("the first try: %v", err)
	}
	left = nil
	if _, err := move.Run(t.Context(), from, to, o); !errors.Is(err, move.ErrDiffers) {
		t.Errorf("2 of 3 came: %v", err)
	}
	if half, err := to.Meta(t.Context(), store.MetaMoving); half == "" || err != nil {
		t.Errorf("the target is open for everybody, %v", err)
	}
	takes = 3
	r, err := move.Run(t.Context(), from, to, o)
	if err != nil || !r.Resumed || r.Beside != 3 || len(logs) != 3 || logs[2] != r.Log || r.Log < 5000 {
		t.Errorf("the third try: %+v, %v, %v", r, err, logs)
	}
	if last, err := to.LastChange(t.Context()); last != r.Log || err != nil {
		t.Errorf("the log begins behind %d, %v", last, err)
	}
	if r, err := move.Run(t.Context(), from, to, o); err != nil || !r.Already || len(logs) != 3 {
		t.Errorf("once more: %+v, %v", r, err)
	}
}

// TestATargetWithThingsBesideIsNotEmpty, and nothing is changed.
func TestATargetWithThingsBesideIsNotEmpty(t *testing.T) {
	from, to := both(t)
	o := move.Options{Name: "source", Now: time.Now, Beside: &move.Beside{
		What:  "things",
		Count: func(context.Context) (int, int, error) { return 0, 1, nil },
		Move:  func(context.Context, int64) error { return errors.New("it was moved") },
	}}
	if _, err := move.Run(t.Context(), from, to, o); !errors.Is(err, move.ErrNotEmpty) {
		t.Errorf("error %v", err)
	}
	if _, err := move.Look(t.Context(), from, to, o); !errors.Is(err, move.ErrNotEmpty) {
		t.Errorf("a look: %v", err)
	}
	if half, err := to.Meta(t.Context(), store.MetaMoving); half != "" || err != nil {
		t.Errorf("the target is marked %q, %v", half, err)
	}
}
