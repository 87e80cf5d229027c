package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"collector/broker"
)

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
