// Package brokertest is the kit that stores of messages pass: Log for what keeps topics'
// messages, Broker for a whole broker over a store of jobs and a log.
//
// Nothing in it waits for a clock. What must not happen is looked for where it would
// stand, in the store.
package brokertest

import (
	"bytes"
	"context"
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
