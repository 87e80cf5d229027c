package brokertest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/broker"
)

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
