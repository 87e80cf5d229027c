// Package brokertest is the kit that stores of messages pass: Log for what keeps topics'
// messages, Broker for a whole broker over a store of jobs and a log.
//
// Nothing in it waits for a clock. What must not happen is looked for where it would
// stand, in the store.
package brokertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"collector/broker"
)

// OpenLog opens two handles on one empty log, as two processes would have; where there
// can be but one it is given twice. The log keeps at least the newest keep entries, if
// each is one message of less than 200 bytes, and drops others at some time before
// there are 10 times as many.
type OpenLog func(t *testing.T, keep int) (one, other broker.Log)

// Log holds a broker.Log to its contract.
func Log(t *testing.T, open OpenLog) {
	for _, p := range []struct {
		name string
		test func(*logKit)
	}{
		{"EmptyLog", emptyLog},
		{"PositionsAreDense", positionsAreDense},
		{"WhatIsKeptIsWhatWasSent", whatIsKept},
		{"AnIDIsStoredOnce", storedOnce},
		{"ABatchIsStoredWhole", storedWhole},
		{"ATopicIsReadByItself", readByTopic},
		{"CancelledWritesNothing", cancelled},
		{"FollowSeesAllInOrder", followSeesAll},
		{"FollowBeginsInTheMiddle", followMiddle},
		{"AppendersShareOneNumbering", appenders},
		{"TheOldestGo", theOldestGo},
		{"TopicsAreListed", topicsListed},
		{"WhatIsForgottenIsBlank", forgottenIsBlank},
		{"TheSameInSeveralTopicsIsForgotten", forgottenTwice},
	} {
		t.Run(p.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			k := &logKit{T: t, ctx: ctx, open: open}
			p.test(k)
		})
	}
}

type logKit struct {
	*testing.T
	ctx  context.Context
	open OpenLog
}

// noon is when the kits begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func message(destination, id string) broker.Message {
	return broker.Message{ID: id, Destination: destination, Body: []byte("body of " + id), Time: noon}
}

func messages(destination string, from, to int) []broker.Message {
	var out []broker.Message
	for i := from; i <= to; i++ {
		out = append(out, message(destination, fmt.Sprintf("m%06d", i)))
	}
	return out
}

func (k *logKit) append(l broker.Log, ms ...broker.Message) []int64 {
	k.Helper()
	at, err := l.Append(k.ctx, noon, ms)
	if err != nil {
		k.Fatal(err)
	}
	if len(at) != len(ms) {
		k.Fatalf("%d positions of %d messages", len(at), len(ms))
	}
	return at
}

func (k *logKit) read(l broker.Log, topic string, from int64, n int) []broker.Message {
	k.Helper()
	ms, err := l.Read(k.ctx, topic, from, n)
	if err != nil {
		k.Fatal(err)
	}
	return ms
}

func (k *logKit) bounds(l broker.Log, oldest, next int64) {
	k.Helper()
	o, n, err := l.Bounds(k.ctx)
	if err != nil || o != oldest || n != next {
		k.Errorf("bounds %d and %d, %v; want %d and %d", o, n, err, oldest, next)
	}
}

func ids(ms []broker.Message) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}

func positions(ms []broker.Message) []int64 {
	var out []int64
	for _, m := range ms {
		out = append(out, m.Position)
	}
	return out
}

func emptyLog(k *logKit) {
	one, other := k.open(k.T, 100)
	k.bounds(one, 1, 1)
	if ms := k.read(other, "/topic/a", 1, 10); len(ms) != 0 {
		k.Errorf("%d messages in an empty log", len(ms))
	}
	topics, err := one.Topics(k.ctx)
	if err != nil || len(topics) != 0 {
		k.Errorf("topics %v, %v", topics, err)
	}
	if at := k.append(one); len(at) != 0 {
		k.Errorf("positions %v of nothing", at)
	}
	k.bounds(one, 1, 1)
}

func positionsAreDense(k *logKit) {
	one, other := k.open(k.T, 100)
	a := k.append(one, message("/topic/a", "1"), message("/topic/b", "2"))
	b := k.append(other, message("/topic/a", "3"))
	c := k.append(one, message("/topic/a", "4"), message("/topic/a", "5"))
	if got := slices.Concat(a, b, c); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		k.Errorf("positions %v", got)
	}
	k.bounds(one, 1, 6)
	k.bounds(other, 1, 6)
	if got := positions(k.read(other, "/topic/a", 1, 10)); !slices.Equal(got, []int64{1, 3, 4, 5}) {
		k.Errorf("positions read %v", got)
	}
}

func whatIsKept(k *logKit) {
	one, other := k.open(k.T, 100)
	sent := []broker.Message{
		{ID: "x", Destination: "/topic/a", Time: noon.Add(7 * time.Millisecond), Body: []byte{0, 1, 255, '\n', 0}, Headers: []broker.Header{{Name: "b", Value: "1"}, {Name: "a", Value: ""}, {Name: "b", Value: "ä\n:\\"}}},
		{ID: "ünï", Destination: "/topic/a/ä.b", Time: noon},
	}
	k.append(one, sent...)
	for i, m := range sent {
		got := k.read(other, m.Destination, 1, 10)
		if len(got) != 1 {
			k.Fatalf("%d messages in %s", len(got), m.Destination)
		}
		g := got[0]
		if g.ID != m.ID || g.Destination != m.Destination || !g.Time.Equal(m.Time) || !bytes.Equal(g.Body, m.Body) || !slices.Equal(g.Headers, m.Headers) || g.Position != int64(i+1) {
			k.Errorf("read %+v, sent %+v", g, m)
		}
	}
}

func storedOnce(k *logKit) {
	one, other := k.open(k.T, 100)
	k.append(one, message("/topic/a", "1"), message("/topic/a", "2"))
	at := k.append(other, message("/topic/a", "2"), message("/topic/a", "3"), message("/topic/b", "2"), message("/topic/a", "3"))
	if !slices.Equal(at, []int64{2, 3, 4, 3}) {
		k.Errorf("positions %v", at)
	}
	if got := ids(k.read(one, "/topic/a", 1, 10)); !slices.Equal(got, []string{"1", "2", "3"}) {
		k.Errorf("kept %v", got)
	}
	if at := k.append(one, message("/topic/a", "1")); !slices.Equal(at, []int64{1}) {
		k.Errorf("positions %v of a repetition", at)
	}
	k.bounds(other, 1, 5)
}

// storedWhole appends batches of two from several sides, and reads meanwhile: a batch is
// there or not.
func storedWhole(k *logKit) {
	one, other := k.open(k.T, 10_000)
	const writers, batches = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			l := []broker.Log{one, other}[w%2]
			for i := range batches {
				name := fmt.Sprintf("%d-%d", w, i)
				if _, err := l.Append(k.ctx, noon, []broker.Message{message("/topic/a", name+"x"), message("/topic/a", name+"y")}); err != nil {
					k.Error(err)
				}
			}
		})
	}
	looks := make(chan struct{})
	go func() { wg.Wait(); close(looks) }()
	for done := false; !done; {
		select {
		case <-looks:
			done = true
		default:
		}
		got := ids(k.read(one, "/topic/a", 1, 10*writers*batches))
		for i := 0; i < len(got); i += 2 {
			if i+1 == len(got) || got[i][:len(got[i])-1] != got[i+1][:len(got[i+1])-1] {
				k.Fatalf("half a batch: %v", got[max(0, i-2):min(len(got), i+3)])
			}
		}
		if done && len(got) != 2*writers*batches {
			k.Errorf("%d messages, want %d", len(got), 2*writers*batches)
		}
	}
}

func readByTopic(k *logKit) {
	one, _ := k.open(k.T, 1000)
	for i := range 30 {
		k.append(one, message("/topic/"+string(rune('a'+i%3)), fmt.Sprint(i)))
	}
	if got := ids(k.read(one, "/topic/b", 1, 3)); !slices.Equal(got, []string{"1", "4", "7"}) {
		k.Errorf("first three %v", got)
	}
	if got := ids(k.read(one, "/topic/b", 9, 2)); !slices.Equal(got, []string{"10", "13"}) {
		k.Errorf("two from position 9 on: %v", got)
	}
	if got := ids(k.read(one, "/topic/b", 29, 5)); !slices.Equal(got, []string{"28"}) {
		k.Errorf("the last %v", got)
	}
	if got := k.read(one, "/topic/b", 31, 5); len(got) != 0 {
		k.Errorf("behind the end %v", ids(got))
	}
	if got := k.read(one, "/topic/", 1, 5); len(got) != 0 {
		k.Errorf("of no topic %v", ids(got))
	}
}

func cancelled(k *logKit) {
	one, other := k.open(k.T, 100)
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	if _, err := one.Append(ctx, noon, messages("/topic/a", 1, 2)); err == nil {
		k.Error("appended under a context that had ended")
	}
	if err := one.Follow(ctx, 1, func([]broker.Message) {}); err == nil {
		k.Error("followed under a context that had ended")
	}
	k.bounds(other, 1, 1)
}

// follow reads until n messages have come.
func (k *logKit) follow(l broker.Log, from int64, n int) []broker.Message {
	k.Helper()
	ctx, cancel := context.WithCancel(k.ctx)
	defer cancel()
	var out []broker.Message
	err := l.Follow(ctx, from, func(ms []broker.Message) {
		if out = append(out, ms...); len(out) >= n {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		k.Fatalf("following ended with %v after %d messages", err, len(out))
	}
	return out
}

func (k *logKit) dense(ms []broker.Message, from int64) {
	k.Helper()
	for i, m := range ms {
		if m.Position != from+int64(i) {
			k.Fatalf("position %d where %d is next", m.Position, from+int64(i))
		}
	}
}

func followSeesAll(k *logKit) {
	one, other := k.open(k.T, 10_000)
	const n = 200
	k.append(one, messages("/topic/a", 1, 50)...)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 51; i <= n; i += 3 {
			if _, err := other.Append(k.ctx, noon, messages("/topic/b", i, i+2)); err != nil {
				k.Error(err)
			}
		}
	})
	got := k.follow(one, 1, n)
	wg.Wait()
	if len(got) != n {
		k.Errorf("%d messages, want %d", len(got), n)
	}
	k.dense(got, 1)
	if !slices.Equal(ids(got), ids(messages("", 1, n))) || got[0].Destination != "/topic/a" || got[n-1].Destination != "/topic/b" {
		k.Error("what was followed is not what was sent")
	}
}

func followMiddle(k *logKit) {
	one, _ := k.open(k.T, 100)
	k.append(one, messages("/topic/a", 1, 5)...)
	k.append(one, messages("/topic/a", 6, 9)...)
	got := k.follow(one, 3, 7)
	k.dense(got, 3)
	if len(got) != 7 {
		k.Errorf("%d messages", len(got))
	}
}

func appenders(k *logKit) {
	one, other := k.open(k.T, 10_000)
	const writers, each = 8, 30
	var wg sync.WaitGroup
	var mu sync.Mutex
	given := map[int64]string{}
	for w := range writers {
		wg.Go(func() {
			l := []broker.Log{one, other}[w%2]
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				at, err := l.Append(k.ctx, noon, []broker.Message{message("/topic/a", id)})
				if err != nil {
					k.Error(err)
					return
				}
				mu.Lock()
				given[at[0]] = id
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(given) != writers*each {
		k.Fatalf("%d positions of %d messages", len(given), writers*each)
	}
	got := k.follow(other, 1, writers*each)
	k.dense(got, 1)
	for _, m := range got {
		if given[m.Position] != m.ID {
			k.Errorf("position %d is %s, its producer was told %s", m.Position, m.ID, given[m.Position])
		}
	}
}

func theOldestGo(k *logKit) {
	const keep = 100
	one, other := k.open(k.T, keep)
	k.append(one, message("/topic/old", "first"))
	for _, m := range messages("/topic/a", 2, 10*keep) {
		k.append(one, m)
	}
	oldest, next, err := other.Bounds(k.ctx)
	if err != nil || next != 10*keep+1 || oldest < 2 || next-oldest < keep {
		k.Fatalf("bounds %d and %d, %v", oldest, next, err)
	}
	for _, topic := range []string{"/topic/old", "/topic/a"} {
		if _, err := one.Read(k.ctx, topic, oldest-1, 1); !errors.Is(err, broker.ErrGone) {
			k.Errorf("reading %s where nothing is kept any more: %v", topic, err)
		}
	}
	if err := other.Follow(k.ctx, oldest-1, func([]broker.Message) { k.Error("something came") }); !errors.Is(err, broker.ErrGone) {
		k.Errorf("following from where nothing is kept any more: %v", err)
	}
	if got := k.read(one, "/topic/a", oldest, 1); len(got) != 1 || got[0].Position != oldest {
		k.Errorf("the oldest is %v", positions(got))
	}
	k.dense(k.follow(other, oldest, int(next-oldest)), oldest)
	if at := k.append(other, message("/topic/old", "first")); at[0] != next {
		k.Errorf("an id that is no longer kept got position %d, want %d", at[0], next)
	}
}

func topicsListed(k *logKit) {
	one, other := k.open(k.T, 100)
	late := message("/topic/b", "3")
	late.Time = noon.Add(time.Minute)
	k.append(one, message("/topic/b", "1"), message("/topic/a", "2"), late)
	topics, err := other.Topics(k.ctx)
	if err != nil || len(topics) != 2 {
		k.Fatalf("topics %v, %v", topics, err)
	}
	b := topics[1]
	if topics[0].Topic != "/topic/a" || b.Topic != "/topic/b" || b.Messages != 2 || b.Oldest != 1 || b.Newest != 3 || !b.Time.Equal(late.Time) {
		k.Errorf("topics %+v", topics)
	}
}

// forgottenIsBlank: what is forgotten is in no topic and says nothing any more, and all
// positions are there.
func forgottenIsBlank(k *logKit) {
	one, other := k.open(k.T, 1000)
	var batch []broker.Message
	for i := range 6 {
		m := message([]string{"/topic/items", "/topic/items.anna", "/topic/items.bob"}[i%3], fmt.Sprint(i/3))
		m.Headers = []broker.Header{{Name: "user", Value: []string{"anna", "anna", "bob"}[i%3]}}
		batch = append(batch, m)
	}
	k.append(one, batch[:4]...)
	k.append(one, batch[4:]...)
	ofAnna := func(m broker.Message) bool { return m.Get("user") == "anna" }
	if n, err := other.Forget(k.ctx, ofAnna); err != nil || n != 4 {
		k.Fatalf("%d messages are forgotten, %v", n, err)
	}
	for topic, want := range map[string]int{"/topic/items": 0, "/topic/items.anna": 0, "/topic/items.bob": 2} {
		if got := k.read(one, topic, 1, 10); len(got) != want {
			k.Errorf("%s has %v", topic, ids(got))
		}
	}
	all := k.follow(one, 1, len(batch))
	k.dense(all, 1)
	for i, m := range all {
		if batch[i].Get("user") == "bob" {
			if m.Get("user") != "bob" || !bytes.Equal(m.Body, batch[i].Body) {
				k.Errorf("position %d became %+v", m.Position, m)
			}
		} else if len(m.Headers) > 0 || len(bytes.TrimSpace(m.Body)) > 0 || m.Destination == batch[i].Destination {
			k.Errorf("position %d is still %+v", m.Position, m)
		}
	}
	if n, err := one.Forget(k.ctx, ofAnna); err != nil || n != 0 {
		k.Errorf("a second time: %d, %v", n, err)
	}
	k.append(other, message("/topic/items", "next"))
	if got := ids(k.read(one, "/topic/items", 1, 10)); !slices.Equal(got, []string{"next"}) {
		k.Errorf("after it, /topic/items has %v", got)
	}
}

// forgottenTwice: blanks of messages with one id, in topics whose names are as long as each
// other, are not in each other's way, appended together or apart.
func forgottenTwice(k *logKit) {
	one, other := k.open(k.T, 1000)
	k.append(one, message("/topic/a", "x"), message("/topic/b", "x"))
	k.append(one, message("/topic/c", "x"))
	k.append(other, message("/topic/d", "x"))
	chosen := func(m broker.Message) bool { return m.Destination < "/topic/d" && m.Destination >= "/topic/a" }
	if n, err := one.Forget(k.ctx, chosen); err != nil || n != 3 {
		k.Fatalf("%d messages are forgotten, %v", n, err)
	}
	k.dense(k.follow(other, 1, 4), 1)
	topics, err := other.Topics(k.ctx)
	if err != nil || len(topics) != 2 || topics[0].Messages != 3 || topics[1].Topic != "/topic/d" {
		k.Errorf("topics %+v, %v", topics, err)
	}
	if at := k.append(one, message("/topic/a", "x"), message("/topic/d", "x")); !slices.Equal(at, []int64{5, 4}) {
		k.Errorf("positions %v of what was forgotten and what was not", at)
	}
}
