package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
)

// values are those of an earlier version; the n-th write fails where fail says so.
type values struct {
	is   map[string]string
	fail int // -1: never
}

func (v *values) Meta(_ context.Context, key string) (string, error) { return v.is[key], nil }

func (v *values) SetMeta(_ context.Context, key, value string) error {
	if v.fail == 0 {
		return errLost
	}
	v.fail--
	v.is[key] = value
	return nil
}

// former are two endpoints as an earlier version kept them, with what it knew of the first.
func former(t *testing.T) (map[string]string, []Record) {
	t.Helper()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	rs := []Record{
		{
			Endpoint: Endpoint{ID: "wh_b", User: "anna", URL: "https://b.example/", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon, From: 3},
			Place:    Place{Seq: 7}, Health: Health{LastOK: noon},
		},
		{Endpoint: Endpoint{ID: "wh_a", User: "berta", Parallel: 2, CreatedAt: noon.Add(time.Hour)}},
	}
	rs[0].Secret.Sealed = []byte{1, 2, 3}
	out := map[string]string{"other": "stays"}
	for key, v := range map[string]any{
		"webhooks": []Endpoint{rs[0].Endpoint, rs[1].Endpoint}, "webhook/wh_b/place": rs[0].Place, "webhook/wh_b/health": rs[0].Health,
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out[key] = string(text)
	}
	for i := range rs {
		rs[i].Version = 1
	}
	return out, rs
}

// TestAdopt takes over what an earlier version kept, however often it is cut off, once.
func TestAdopt(t *testing.T) {
	is, want := former(t)
	for cut := 0; ; cut++ {
		v, st := &values{maps.Clone(is), cut}, NewMemory()
		err := Adopt(t.Context(), v, st)
		if err != nil && !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		whole := err == nil
		if left, err := Left(t.Context(), v); left == whole || err != nil {
			t.Errorf("cut at %d: some are left: %v, %v", cut, left, err)
		}
		if err := st.Remove(t.Context(), "wh_a"); err != nil { // a person, before it is run again
			t.Fatal(err)
		}
		if _, err := Change(t.Context(), st, "wh_b", func(e *Endpoint) error { e.Paused = true; return nil }); err != nil {
			t.Fatal(err)
		}
		v.fail = -1
		for range 2 {
			if err := Adopt(t.Context(), v, st); err != nil {
				t.Fatal(err)
			}
		}
		got, err := All(t.Context(), st)
		first := want[0]
		first.Paused, first.Version = true, 2
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], first) {
			t.Errorf("cut at %d: %+v, %v, want %+v", cut, got, err, first)
		}
		for key, text := range v.is {
			if (text != "") != (key == "other") {
				t.Errorf("cut at %d: %s is still %q", cut, key, text)
			}
		}
		if whole {
			if cut < 3 {
				t.Errorf("it was cut %d times: this proved too little", cut)
			}
			return
		}
	}
}

// TestAdoptInOrder: they are listed in the order of their making.
func TestAdoptInOrder(t *testing.T) {
	is, want := former(t)
	st := NewMemory()
	if err := Adopt(t.Context(), &values{is, -1}, st); err != nil {
		t.Fatal(err)
	}
	if got, err := All(t.Context(), st); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

// TestAdoptRefusesWhatIsDamaged, and drops nothing.
func TestAdoptRefusesWhatIsDamaged(t *testing.T) {
	for _, key := range []string{"webhooks", "webhook/wh_b/place", "webhook/wh_b/health"} {
		is, _ := former(t)
		is[key] = is[key][1:]
		before := fmt.Sprint(is)
		err := Adopt(t.Context(), &values{is, -1}, NewMemory())
		if err == nil || !strings.Contains(err.Error(), key) || fmt.Sprint(is) != before {
			t.Errorf("%s is damaged: %v, %v", key, err, is)
		}
	}
}
