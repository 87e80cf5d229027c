package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/state"
)

func TestChanges(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	o := p.run(t, "changes", "--since=0").must(t)
	golden(t, dir, "changes", o.out)
	if o := p.run(t, "changes", "--since=1").must(t); strings.Count(o.out, "\n") != 1 {
		t.Errorf("after the first change: %q", o.out)
	}
	if o := p.run(t, "changes", "--last").must(t); o.out != "2\n" {
		t.Errorf("the newest change is %q", o.out)
	}
	if o := p.run(t, "changes", "--user=anna").must(t); strings.Count(o.out, "\n") != 1 || !strings.Contains(o.out, "anna") {
		t.Errorf("the changes of anna: %q", o.out)
	}
	if o := p.run(t, "changes", "--since=-1"); o.code != exitUsage {
		t.Errorf("--since=-1 ends with %d", o.code)
	}
	seeded(t, func(s *seeder) {
		_, err := s.st.PruneChanges(t.Context(), noon.Add(time.Hour))
		s.must(err)
	})
	if o := p.run(t, "changes", "--since=0"); o.code != exitPermanent || !strings.Contains(o.err, "collector export") {
		t.Errorf("a log that no longer reaches back: %d %s", o.code, o.err)
	}
}

// TestChangesInBatches reads a log longer than one batch, and a part of it.
func TestChangesInBatches(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", nil, state.Progress{})
		got, err := s.st.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "seed", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		s.must(err)
		for i := range 703 {
			_, err := s.st.Commit(t.Context(), got[0].Lease, state.Page{
				ID: fmt.Sprintf("p%d", i), Kind: "backfill", Walk: 1, ObservedAt: noon, Items: []item.Item{thing(fmt.Sprint(i), "x")}, After: normal(),
			})
			s.must(err)
		}
	})
	p := program{now: atNoon}
	for args, want := range map[string]int{"--since=0": 703, "--since=1": 702, "--limit=1": 1, "--limit=500": 500, "--limit=501": 501, "--since=203": 500} {
		o := p.run(t, "changes", args).must(t)
		seqs := map[int64]bool{}
		for l := range strings.Lines(o.out) {
			var c changed
			if err := json.Unmarshal([]byte(l), &c); err != nil {
				t.Fatal(err)
			}
			seqs[c.Seq] = true
		}
		if len(seqs) != want {
			t.Errorf("%s gives %d changes, want %d", args, len(seqs), want)
		}
	}
}
