package main

import (
	"strings"
	"testing"
	"time"

	"collector/store"
)

// TestAnInstanceIsAsked by commands to be quiet, to work again and to end, by name or as the only
// one that runs.
func TestAnInstanceIsAsked(t *testing.T) {
	inFolder(t)
	in := store.Instance{ID: "box-1-aa", Host: "box", PID: 1, Mode: "both", Version: "9.9", Started: noon.Add(-time.Hour), Seen: noon, Vitals: &store.Vitals{Workers: 4}}
	beat := func(in store.Instance) (wish store.Wish) {
		seeded(t, func(s *seeder) {
			var err error
			wish, err = s.st.Heartbeat(t.Context(), in)
			s.must(err)
		})
		return wish
	}
	p := program{now: atNoon}
	seeded(t, func(*seeder) {})
	if o := p.run(t, "workers", "quiet"); o.code != exitUsage || !strings.Contains(o.err, "no instance runs") {
		t.Errorf("%d %s", o.code, o.err)
	}
	beat(in)
	for _, c := range []struct {
		args string
		says string
		wish store.Wish
	}{
		{"workers quiet", "box-1-aa: becoming quiet", store.Quiet},
		{"workers resume box-1-aa", "box-1-aa: working", store.Work},
		{"workers stop", "box-1-aa: stopping", store.Stop},
	} {
		o := p.run(t, strings.Fields(c.args)...).must(t)
		if wish := beat(in); !strings.Contains(o.err, c.says) || wish != c.wish {
			t.Errorf("%s: %q, and it was wished %q", c.args, o.err, wish)
		}
	}
	if o := p.run(t, "status").must(t); !strings.Contains(o.out, "box:1 both (stopping)") && !strings.Contains(o.out, "No networks") {
		t.Errorf("status: %s", o.out)
	}
	in.ID = "box-2-bb"
	beat(in)
	if o := p.run(t, "workers", "quiet"); o.code != exitUsage || !strings.Contains(o.err, "2 instances run: box-1-aa, box-2-bb") {
		t.Errorf("%d %s", o.code, o.err)
	}
	if o := p.run(t, "workers", "quiet", "none"); o.code != exitUsage || !strings.Contains(o.err, `no instance "none" runs`) {
		t.Errorf("%d %s", o.code, o.err)
	}
	if o := p.run(t, "workers", "resume", "box-1-aa"); o.code != exitPermanent || !strings.Contains(o.err, "is ending") {
		t.Errorf("%d %s", o.code, o.err)
	}
}
