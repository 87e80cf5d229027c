package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"testing"

	"collector/broker"
	"collector/cmd/collector/internal/config"
	"collector/simulate"
)

// TestPublishing: the likes that a poll finds are on the topic and in the queue, of
// this start and of one before, and the first backfill is not.
func TestPublishing(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.env["COLLECTOR_PUBLISH"], p.env["COLLECTOR_PUBLISH_QUEUES"] = "true", "/queue/likes"
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	var want []string
	for range 2 {
		ids, err := sim.Like(acc[0].Key, 1)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, ids...)
		p.run(t, "sync", "--all").must(t)
		p.run(t, "--once").must(t)
	}
	a := newApp(nil, nil, nil, nil)
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	b, closing, err := a.openBroker(t.Context(), nil, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closing(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	for _, dest := range []string{"/topic/items", "/topic/items.me", "/queue/likes"} {
		s, err := b.Subscribe(t.Context(), a.now(), broker.Subscription{Destination: dest, From: broker.Oldest})
		if err != nil {
			t.Fatal(err)
		}
		var got []broker.Message
		for len(got) < len(want) {
			ms, err := s.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ms...)
		}
		if len(got) != len(want) {
			t.Errorf("%s has %d messages, want %d", dest, len(got), len(want))
		}
		for i, m := range got {
			var e exported
			if err := json.Unmarshal(m.Body, &e); err != nil {
				t.Fatal(err)
			}
			if e.ID != want[i] || m.Get("item") != want[i] || m.Get("kind") != "poll" || m.Get("change") != "added" || e.Network != "github/octocat" {
				t.Errorf("%s: %v %+v, want item %s", dest, m.Headers, e, want[i])
			}
		}
	}
}

// TestNothingIsPublishedUnlessAsked leaves no file of messages behind.
func TestNothingIsPublishedUnlessAsked(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if _, err := os.Stat("collector.db" + besideMessages); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking for a file of messages: %v", err)
	}
}
