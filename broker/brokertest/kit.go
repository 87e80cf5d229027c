package brokertest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"collector/broker"
	"collector/queue"
)

type kit struct {
	*testing.T
	ctx   context.Context
	jobs  queue.Store
	log   broker.Log
	b     *broker.Broker
	owner map[*broker.Broker]string
}

// broker is one more process over the stores. It ends with the test.
func (k *kit) broker(o broker.Options) *broker.Broker {
	k.Helper()
	o.Owner = fmt.Sprintf("process%d", len(k.owner)+1)
	b := broker.New(k.jobs, k.log, o)
	k.owner[b] = o.Owner
	k.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(k.ctx))
		defer cancel()
		if err := b.Close(ctx); err != nil {
			k.Errorf("closing: %v", err)
		}
	})
	return b
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// now is the time of what is sent: the broker's own clock decides what is due.
func now() time.Time { return time.Now() }

func (k *kit) send(ms ...broker.Message) {
	k.Helper()
	k.must(k.b.Send(k.ctx, now(), ms))
}

func (k *kit) subscribe(b *broker.Broker, sub broker.Subscription) broker.Stream {
	k.Helper()
	s, err := b.Subscribe(k.ctx, now(), sub)
	k.must(err)
	return s
}

// receive waits for n messages.
func (k *kit) receive(s broker.Stream, n int) []broker.Message {
	k.Helper()
	var out []broker.Message
	for len(out) < n {
		ms, err := s.Receive(k.ctx)
		if err != nil {
			k.Fatalf("after %d of %d messages: %v", len(out), n, err)
		}
		out = append(out, ms...)
	}
	if len(out) > n {
		k.Fatalf("%d messages came, want %d: %v", len(out), n, ids(out))
	}
	return out
}

func (k *kit) gets(s broker.Stream, want ...string) []broker.Message {
	k.Helper()
	ms := k.receive(s, len(want))
	if !slices.Equal(ids(ms), want) {
		k.Fatalf("received %v, want %v", ids(ms), want)
	}
	return ms
}

// stats are the counts of a queue as they stand.
func (k *kit) stats(dest string) queue.Stats {
	k.Helper()
	all, err := k.jobs.Stats(k.ctx)
	k.must(err)
	for _, s := range all {
		if s.Queue == dest {
			return s
		}
	}
	return queue.Stats{Queue: dest}
}

func (k *kit) holds(dest string, ready, running, dead int64) {
	k.Helper()
	if s := k.stats(dest); s.Ready+s.Scheduled != ready || s.Running != running || s.Dead != dead {
		k.Errorf("%s has %d ready, %d in hand, %d dead; want %d, %d, %d", dest, s.Ready+s.Scheduled, s.Running, s.Dead, ready, running, dead)
	}
}
