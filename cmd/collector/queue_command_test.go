package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"collector/broker"
	"collector/cmd/collector/internal/config"
)

// daemonsBroker is the broker of a daemon beside which commands run.
func daemonsBroker(t *testing.T) *broker.Broker {
	t.Helper()
	a := newApp(nil, nil, nil, nil)
	a.now = atNoon
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	b, closing, err := a.openBroker(t.Context(), nil, "daemon", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closing(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return b
}

func sendTo(t *testing.T, b *broker.Broker, ms ...broker.Message) {
	t.Helper()
	if err := b.Send(t.Context(), noon, ms); err != nil {
		t.Fatal(err)
	}
}

// taken subscribes to a queue and takes one message in the hand.
func taken(t *testing.T, b *broker.Broker, dest string) (broker.Stream, broker.Message) {
	t.Helper()
	s, err := b.Subscribe(t.Context(), noon, broker.Subscription{Destination: dest, Ack: broker.Individual, Prefetch: 1})
	if err != nil {
		t.Fatal(err)
	}
	ms, err := s.Receive(t.Context())
	if err != nil || len(ms) != 1 {
		t.Fatal(ms, err)
	}
	return s, ms[0]
}

// TestQueueCommands: what commands show and mend while another handle, as a daemon has,
// uses the same file.
func TestQueueCommands(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, someItems)
	b := daemonsBroker(t)
	for i := range 4 {
		sendTo(t, b, broker.Message{
			ID: fmt.Sprint("m", i), Destination: "/queue/likes", Priority: 4 - i,
			Headers: []broker.Header{{Name: "user", Value: "anna"}}, Body: []byte("c4nary \x1b[31m"),
		})
	}
	sendTo(t, b, broker.Message{ID: "x", Destination: "/queue/other", Body: []byte{0xff}}, broker.Message{ID: "t", Destination: "/topic/news"})
	s, first := taken(t, b, "/queue/likes")
	if err := s.Reject(t.Context(), noon, first.ID); err != nil {
		t.Fatal(err)
	}
	held, err := s.Receive(t.Context())
	if err != nil || held[0].ID != "m1" {
		t.Fatal(held, err)
	}
	p := program{now: func() time.Time { return noon.Add(time.Minute) }}
	golden(t, dir, "queue-list", p.run(t, "queue", "list").must(t).out)
	golden(t, dir, "queue-peek", p.run(t, "queue", "peek", "likes").must(t).out)
	golden(t, dir, "topics", p.run(t, "topics").must(t).out)
	golden(t, dir, "queue-json", p.run(t, "queue", "list", "--json").must(t).out+
		p.run(t, "queue", "peek", "/queue/likes", "--json", "--state=dead").must(t).out+
		p.run(t, "queue", "peek", "likes", "--content", "--newest", "--limit=1").must(t).out+
		p.run(t, "queue", "peek", "other", "--content").must(t).out+
		p.run(t, "topics", "--json").must(t).out)
	for _, args := range []string{"queue peek likes", "queue peek likes --json"} {
		if o := p.run(t, strings.Fields(args)...).must(t); strings.Contains(o.out, "c4nary") {
			t.Errorf("%s shows the body: %s", args, o.out)
		}
	}

	p.run(t, "queue", "requeue", "likes", "m0").must(t)
	if q := queueNow(t, p, "/queue/likes"); q.Dead != 0 || q.Ready != 3 || q.Requeued != 1 {
		t.Errorf("after the dead one was requeued: %+v", q)
	}
	for args, want := range map[string]string{
		"queue requeue likes m2":               "the message m2 is not dead",
		"queue remove likes m1 --yes":          "in a consumer's hands",
		"queue remove likes m9 --yes":          `there is no message "m9"`,
		"queue remove likes x --yes":           `there is no message "x" in /queue/likes`,
		"queue peek like":                      `there is no queue "like"`,
		"queue peek likes --state=ded":         `there is no state "ded"`,
		"queue peek likes --limit=0":           "--limit=0",
		"queue remove likes":                   "name one message or give --all",
		"queue remove likes m2 --all":          "name one message or give --all",
		"queue remove likes m2 --state=dead":   "one is named",
		"queue remove likes --all --older=-1h": "below 0",
		"queue remove likes --all":             "add --yes",
		"queue pause nothing":                  `there is no queue "nothing"`,
	} {
		if o := p.run(t, strings.Fields(args)...); o.code == exitOK || !strings.Contains(o.err, want) {
			t.Errorf("%s: %d %s", args, o.code, o.err)
		}
	}
	p.run(t, "queue", "remove", "likes", "m3", "--yes").must(t)
	if o := p.run(t, "queue", "remove", "likes", "--all", "--older=1h", "--yes").must(t); !strings.Contains(o.err, "0 messages deleted") {
		t.Errorf("nothing is so old: %s", o.err)
	}
	if o := p.run(t, "queue", "remove", "likes", "--all", "--yes").must(t); !strings.Contains(o.err, "2 messages deleted") {
		t.Errorf("removing the rest: %s", o.err)
	}
	if q := queueNow(t, p, "/queue/likes"); q.Ready != 0 || q.Running != 1 {
		t.Errorf("after all that nobody has were removed: %+v", q)
	}
	if err := s.Ack(t.Context(), noon, "m1"); err != nil {
		t.Errorf("what a consumer has is still his: %v", err)
	}
}

func queueNow(t *testing.T, p program, name string) (q queueView) {
	t.Helper()
	for l := range strings.Lines(p.run(t, "queue", "list", "--json").must(t).out) {
		if err := json.Unmarshal([]byte(l), &q); err != nil {
			t.Fatal(err)
		}
		if q.Queue == name {
			return q
		}
	}
	t.Fatalf("there is no queue %s", name)
	return q
}

// TestPausedQueue: consumers of a daemon get nothing of a queue that a command paused,
// and the rest once it is resumed.
func TestPausedQueue(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	b := daemonsBroker(t)
	sendTo(t, b, broker.Message{ID: "a", Destination: "/queue/likes"})
	p := program{now: atNoon}
	p.run(t, "queue", "pause", "likes").must(t)
	if o := p.run(t, "queue", "list").must(t); !strings.Contains(o.out, "paused") {
		t.Errorf("the list: %s", o.out)
	}
	s, err := b.Subscribe(t.Context(), noon, broker.Subscription{Destination: "/queue/likes"})
	if err != nil {
		t.Fatal(err)
	}
	if q := queueNow(t, p, "/queue/likes"); !q.Paused || q.Ready != 1 {
		t.Errorf("while it is paused: %+v", q)
	}
	p.run(t, "queue", "resume", "likes").must(t)
	if ms, err := s.Receive(t.Context()); err != nil || len(ms) != 1 || ms[0].ID != "a" {
		t.Errorf("after it was resumed: %v, %v", ms, err)
	}
}

// TestNoMessages: where nothing was ever sent the commands say so and make no file.
func TestNoMessages(t *testing.T) {
	inFolder(t)
	if o := (program{}).run(t, "queue", "list"); o.code != exitNoStore {
		t.Errorf("without a store: %d %s", o.code, o.err)
	}
	seeded(t, someItems)
	for args, want := range map[string]string{"queue list": "No queues yet", "topics": "No topics"} {
		if o := (program{}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out, want) {
			t.Errorf("%s: %s", args, o.out)
		}
	}
	if o := (program{}).run(t, "queue", "pause", "likes"); o.code != exitUsage || !strings.Contains(o.err, "there is no queue") {
		t.Errorf("pausing nothing: %d %s", o.code, o.err)
	}
	if _, err := os.Stat("collector.db" + besideMessages); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file of messages: %v", err)
	}
}

// TestMessagesOfAReadOnlyStore: what only shows needs no right to write.
func TestMessagesOfAReadOnlyStore(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	t.Run("daemon", func(t *testing.T) {
		sendTo(t, daemonsBroker(t), broker.Message{ID: "a", Destination: "/queue/likes"}, broker.Message{ID: "b", Destination: "/topic/news"})
	})
	readOnly(t, "collector.db", "collector.db"+besideMessages)
	for args, want := range map[string]string{"queue list": "/queue/likes", "queue peek likes": "ready", "topics": "/topic/news"} {
		if o := (program{now: atNoon}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out, want) {
			t.Errorf("%s: %s", args, o.out)
		}
	}
	if o := (program{now: atNoon}).run(t, "queue", "pause", "likes"); o.code == exitOK {
		t.Error("a queue is paused in a store that cannot be written")
	}
}
