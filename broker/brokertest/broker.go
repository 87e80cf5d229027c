package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"collector/broker"
	"collector/queue"
)

// OpenStores opens empty stores for a broker.
type OpenStores func(t *testing.T) (queue.Store, broker.Log)

// Broker holds a broker over stores to what it promises to producers and consumers.
func Broker(t *testing.T, open OpenStores) {
	for _, p := range []struct {
		name string
		test func(*kit)
	}{
		{"SendIsStored", sendIsStored},
		{"OneConsumerGetsAMessage", oneConsumer},
		{"PriorityThenOrder", priorityThenOrder},
		{"WhatIsDeliveredIsWhatWasSent", whatIsDelivered},
		{"UnacknowledgedStays", unacknowledgedStays},
		{"AutoIsTakenByTheNextReceive", autoIsTaken},
		{"ClientAcknowledgesAllBefore", clientAck},
		{"IndividualAcknowledgesOne", individualAck},
		{"NackIsRedelivered", nackIsRedelivered},
		{"RejectedIsADeadLetter", rejected},
		{"AtLastADeadLetter", atLastDead},
		{"CloseGivesBack", closeGivesBack},
		{"PrefetchIsKept", prefetchIsKept},
		{"ALateAckChangesNothing", lateAck},
		{"FiltersShareAQueue", filtersShare},
		{"AnIDIsSentOnce", sentOnce},
		{"ATopicReachesAll", topicReachesAll},
		{"ATopicIsResumed", topicIsResumed},
		{"ATopicsFilter", topicsFilter},
		{"ATopicsPrefetch", topicsPrefetch},
		{"ACommitIsWhole", commitIsWhole},
		{"ACommitWithALostMessageIsNothing", commitLost},
		{"PostedIsStoredByFlush", posted},
		{"BadMessagesAreRefused", badMessages},
		{"AClosedBrokerSaysSo", closedSaysSo},
	} {
		t.Run(p.name, func(t *testing.T) {
			k := &kit{T: t, ctx: t.Context(), owner: map[*broker.Broker]string{}}
			k.jobs, k.log = open(t)
			k.b = k.broker(broker.Options{})
			p.test(k)
		})
	}
}

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

const jobs = "/queue/jobs"

func sendIsStored(k *kit) {
	k.send(messages(jobs, 1, 3)...)
	k.holds(jobs, 3, 0, 0)
	k.send(messages("/topic/a", 1, 2)...)
	if _, next, err := k.log.Bounds(k.ctx); err != nil || next != 3 {
		k.Errorf("next position %d, %v", next, err)
	}
}

// oneConsumer has consumers of two processes share a queue: each message goes to one.
func oneConsumer(k *kit) {
	const n, consumers = 300, 4
	other := k.broker(broker.Options{})
	got := make(chan string, n)
	ctx, cancel := context.WithCancel(k.ctx)
	defer cancel()
	var wg sync.WaitGroup
	for i := range consumers {
		s := k.subscribe([]*broker.Broker{k.b, other}[i%2], broker.Subscription{Destination: jobs, Ack: broker.Individual, Prefetch: 7})
		wg.Go(func() {
			for {
				ms, err := s.Receive(ctx)
				if err != nil {
					return
				}
				if err := s.Ack(k.ctx, now(), ids(ms)...); err != nil {
					k.Error(err)
				}
				for _, m := range ms {
					got <- m.ID
				}
			}
		})
	}
	k.send(messages(jobs, 1, n/2)...)
	k.send(messages(jobs, n/2+1, n)...)
	seen := map[string]int{}
	for range n {
		seen[<-got]++
	}
	cancel()
	wg.Wait()
	if len(seen) != n {
		k.Errorf("%d messages came, want %d", len(seen), n)
	}
	k.holds(jobs, 0, 0, 0)
}

func priorityThenOrder(k *kit) {
	at := now()
	for i, p := range []int{4, 0, 9, 4, 9} {
		m := message(jobs, fmt.Sprint(i))
		m.Priority = p
		k.must(k.b.Send(k.ctx, at.Add(time.Duration(i-10)*time.Millisecond), []broker.Message{m}))
	}
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs})
	k.gets(s, "2", "4", "0", "3", "1")
}

func whatIsDelivered(k *kit) {
	sent := broker.Message{
		ID: "x", Body: []byte{0, 255, '\n'}, Priority: 7,
		Headers: []broker.Header{{Name: "b", Value: "1"}, {Name: "a", Value: "ä\n:"}, {Name: "b", Value: "2"}},
	}
	for _, dest := range []string{jobs, "/topic/a"} {
		m := sent
		m.Destination = dest
		s := k.subscribe(k.b, broker.Subscription{Destination: dest})
		at := now()
		k.must(k.b.Send(k.ctx, at, []broker.Message{m}))
		got := k.receive(s, 1)[0]
		if got.ID != m.ID || got.Destination != dest || string(got.Body) != string(m.Body) || !slices.Equal(got.Headers, m.Headers) || !got.Time.Equal(queue.Milli(at)) || got.Redelivered {
			k.Errorf("received %+v, sent %+v", got, m)
		}
		if got.Get("b") != "1" {
			k.Errorf("the first of two headers is not the one that counts: %q", got.Get("b"))
		}
		if dest == jobs && (got.Priority != 7 || got.Deliveries != 1) || dest != jobs && got.Position != 1 {
			k.Errorf("received %+v", got)
		}
	}
}

func unacknowledgedStays(k *kit) {
	k.send(message(jobs, "1"))
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	k.gets(s, "1")
	k.holds(jobs, 0, 1, 0)
	k.must(s.Ack(k.ctx, now(), "1"))
	k.holds(jobs, 0, 0, 0)
	if err := s.Ack(k.ctx, now(), "1"); !errors.Is(err, broker.ErrUnknown) {
		k.Errorf("the second acknowledgement: %v", err)
	}
}

func autoIsTaken(k *kit) {
	k.send(message(jobs, "1"))
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs})
	k.gets(s, "1")
	k.holds(jobs, 0, 1, 0)
	k.send(message(jobs, "2"))
	k.gets(s, "2")
	k.holds(jobs, 0, 1, 0)
	k.must(s.Close(k.ctx, now()))
	k.holds(jobs, 1, 0, 0) // what was received last may not have been written
}

func clientAck(k *kit) {
	k.send(messages(jobs, 1, 5)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Client})
	k.receive(s, 5)
	k.must(s.Ack(k.ctx, now(), "m000003"))
	k.holds(jobs, 0, 2, 0)
	if err := s.Ack(k.ctx, now(), "m000002"); !errors.Is(err, broker.ErrUnknown) {
		k.Errorf("acknowledging what is acknowledged: %v", err)
	}
	k.must(s.Ack(k.ctx, now(), "m000005"))
	k.holds(jobs, 0, 0, 0)
}

func individualAck(k *kit) {
	k.send(messages(jobs, 1, 5)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	k.receive(s, 5)
	k.must(s.Ack(k.ctx, now(), "m000003", "m000005"))
	k.holds(jobs, 0, 3, 0)
	k.must(s.Close(k.ctx, now()))
	k.gets(k.subscribe(k.b, broker.Subscription{Destination: jobs}), "m000001", "m000002", "m000004")
}

func nackIsRedelivered(k *kit) {
	k.send(message(jobs, "1"))
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	if m := k.gets(s, "1")[0]; m.Redelivered || m.Deliveries != 1 {
		k.Errorf("the first delivery: %+v", m)
	}
	k.must(s.Nack(k.ctx, now(), "1"))
	if m := k.gets(s, "1")[0]; !m.Redelivered || m.Deliveries != 2 {
		k.Errorf("the second delivery: %+v", m)
	}
	k.must(s.Ack(k.ctx, now(), "1"))
	k.holds(jobs, 0, 0, 0)
}

func rejected(k *kit) {
	k.send(messages(jobs, 1, 2)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	k.receive(s, 2)
	k.must(s.Reject(k.ctx, now(), "m000001"))
	k.holds(jobs, 0, 1, 1)
}

func atLastDead(k *kit) {
	b := k.broker(broker.Options{Deliveries: 3})
	k.must(b.Send(k.ctx, now(), []broker.Message{message(jobs, "1")}))
	s := k.subscribe(b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	for range 3 {
		k.gets(s, "1")
		k.must(s.Nack(k.ctx, now(), "1"))
	}
	k.holds(jobs, 0, 0, 1)
}

func closeGivesBack(k *kit) {
	k.send(messages(jobs, 1, 2)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Prefetch: 1})
	k.gets(s, "m000001")
	k.must(s.Close(k.ctx, now()))
	k.holds(jobs, 2, 0, 0)
	if _, err := s.Receive(k.ctx); !errors.Is(err, broker.ErrClosed) {
		k.Errorf("receiving from a closed stream: %v", err)
	}
	again := k.receive(k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual}), 2)
	for _, m := range again {
		if was := m.ID == "m000001"; m.Redelivered != was {
			k.Errorf("message %s is marked as redelivered: %v", m.ID, m.Redelivered)
		}
	}
}

// prefetchIsKept looks into the store, where it stands what is in consumers' hands.
func prefetchIsKept(k *kit) {
	k.send(messages(jobs, 1, 20)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Prefetch: 3})
	for got := 0; got < 18; got += 3 {
		ms := k.receive(s, 3)
		if running := k.stats(jobs).Running; running > 3 {
			k.Fatalf("%d messages are in the hands of a consumer that asked for 3", running)
		}
		k.must(s.Ack(k.ctx, now(), ids(ms)...))
	}
}

// lateAck has a consumer stop for longer than its lease, and another one take over.
func lateAck(k *kit) {
	k.send(message(jobs, "1"))
	slow := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Prefetch: 1})
	k.gets(slow, "1")
	if _, err := k.jobs.Rescue(k.ctx, now().Add(time.Hour), 10); err != nil {
		k.Fatal(err)
	}
	next := k.subscribe(k.broker(broker.Options{}), broker.Subscription{Destination: jobs, Ack: broker.Individual})
	if m := k.gets(next, "1")[0]; !m.Redelivered {
		k.Error("what another consumer had is not marked as redelivered")
	}
	if err := slow.Ack(k.ctx, now(), "1"); !errors.Is(err, broker.ErrLost) {
		k.Errorf("a late acknowledgement: %v", err)
	}
	k.holds(jobs, 0, 1, 0)
	k.must(next.Ack(k.ctx, now(), "1"))
	k.holds(jobs, 0, 0, 0)
}

// with is a filter by the value of a header.
func with(name, value string) func(broker.Message) bool {
	return func(m broker.Message) bool { return m.Get(name) == value }
}

func kinds(dest string, n int, kinds ...string) []broker.Message {
	ms := messages(dest, 1, n)
	for i := range ms {
		ms[i].Headers = []broker.Header{{Name: "kind", Value: kinds[i%len(kinds)]}}
	}
	return ms
}

// filtersShare has what one filter does not want at the front of the queue.
func filtersShare(k *kit) {
	k.send(kinds(jobs, 6, "a", "b", "c")...)
	b := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Filter: with("kind", "b")})
	k.gets(b, "m000002", "m000005")
	a := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Filter: with("kind", "a")})
	for _, m := range k.gets(a, "m000001", "m000004") {
		if m.Redelivered {
			k.Errorf("what a filter passed over is marked as redelivered: %s", m.ID)
		}
	}
	k.must(a.Ack(k.ctx, now(), "m000001", "m000004"))
	k.must(b.Ack(k.ctx, now(), "m000002", "m000005"))
	k.must(a.Close(k.ctx, now()))
	k.must(b.Close(k.ctx, now()))
	k.gets(k.subscribe(k.b, broker.Subscription{Destination: jobs}), "m000003", "m000006")
}

func sentOnce(k *kit) {
	k.send(message(jobs, "1"), message(jobs, "2"))
	k.send(message(jobs, "2"), message("/queue/other", "2"))
	k.holds(jobs, 2, 0, 0)
	k.holds("/queue/other", 1, 0, 0)
	k.send(message("/topic/a", "1"))
	k.send(message("/topic/a", "1"))
	if _, next, err := k.log.Bounds(k.ctx); err != nil || next != 2 {
		k.Errorf("next position %d, %v", next, err)
	}
}

func topicReachesAll(k *kit) {
	other := k.broker(broker.Options{})
	var all []broker.Stream
	for i := range 4 {
		all = append(all, k.subscribe([]*broker.Broker{k.b, other}[i%2], broker.Subscription{Destination: "/topic/a"}))
	}
	k.send(message("/topic/b", "elsewhere"))
	k.send(messages("/topic/a", 1, 50)...)
	k.send(messages("/topic/a", 51, 60)...)
	for _, s := range all {
		got := k.receive(s, 60)
		if !slices.Equal(ids(got), ids(messages("", 1, 60))) {
			k.Errorf("received %v", ids(got))
		}
	}
}

func topicIsResumed(k *kit) {
	k.send(messages("/topic/a", 1, 10)...)
	from := func(at int64) broker.Stream {
		return k.subscribe(k.b, broker.Subscription{Destination: "/topic/a", From: at})
	}
	newest, oldest, fourth := from(broker.Newest), from(broker.Oldest), from(4)
	k.send(messages("/topic/a", 11, 12)...)
	k.gets(newest, "m000011", "m000012")
	if got := k.receive(oldest, 12); got[0].ID != "m000001" || got[11].ID != "m000012" {
		k.Errorf("from the oldest: %v", ids(got))
	}
	if got := k.receive(fourth, 9); got[0].ID != "m000004" || got[0].Position != 4 {
		k.Errorf("from position 4: %v", ids(got))
	}
	beyond := from(1000) // of another store
	k.send(message("/topic/a", "new"))
	k.gets(beyond, "new")
}

func topicsFilter(k *kit) {
	k.send(kinds("/topic/a", 250, "a", "b")...)
	for _, from := range []int64{broker.Oldest, 1} {
		s := k.subscribe(k.b, broker.Subscription{Destination: "/topic/a", From: from, Prefetch: 10, Filter: with("kind", "b")})
		if got := k.receive(s, 125); got[0].ID != "m000002" || got[124].ID != "m000250" {
			k.Errorf("received %v", ids(got))
		}
	}
}

func topicsPrefetch(k *kit) {
	s := k.subscribe(k.b, broker.Subscription{Destination: "/topic/a", Ack: broker.Client, Prefetch: 3})
	k.send(messages("/topic/a", 1, 10)...)
	k.gets(s, "m000001", "m000002", "m000003")
	more := make(chan []broker.Message, 1)
	go func() {
		ms, err := s.Receive(k.ctx)
		if err != nil {
			k.Error(err)
		}
		more <- ms
	}()
	select {
	case ms := <-more:
		k.Errorf("%v came while three were unacknowledged", ids(ms))
	default:
	}
	k.must(s.Ack(k.ctx, now(), "m000002"))
	if ms := <-more; !slices.Equal(ids(ms), []string{"m000004", "m000005"}) {
		k.Errorf("two acknowledged, received %v", ids(ms))
	}
	if err := s.Ack(k.ctx, now(), "m000001"); !errors.Is(err, broker.ErrUnknown) {
		k.Errorf("acknowledging what is acknowledged: %v", err)
	}
}

func commitIsWhole(k *kit) {
	k.send(messages(jobs, 1, 3)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual})
	k.receive(s, 3)
	k.must(k.b.Commit(k.ctx, now(), broker.Transaction{
		Send: []broker.Message{message("/queue/done", "x"), message("/topic/done", "x")},
		Ack:  []broker.Receipt{{Stream: s, IDs: []string{"m000001", "m000002"}}},
		Nack: []broker.Receipt{{Stream: s, IDs: []string{"m000003"}}},
	}))
	k.holds("/queue/done", 1, 0, 0)
	if _, next, err := k.log.Bounds(k.ctx); err != nil || next != 2 {
		k.Errorf("next position %d, %v", next, err)
	}
	if m := k.gets(s, "m000003")[0]; !m.Redelivered {
		k.Error("what a commit gave back is not marked as redelivered")
	}
	k.holds(jobs, 0, 1, 0)
	left, _, err := k.jobs.Jobs(k.ctx, queue.Filter{Kind: "transaction"}, queue.Page{})
	if err != nil || len(left) != 0 {
		k.Errorf("%d notes of transactions are left, %v", len(left), err)
	}
}

func commitLost(k *kit) {
	k.send(messages(jobs, 1, 2)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Individual, Prefetch: 2})
	k.receive(s, 2)
	tx := broker.Transaction{Send: []broker.Message{message("/queue/done", "x")}, Ack: []broker.Receipt{{Stream: s, IDs: []string{"m000001", "nobody"}}}}
	if err := k.b.Commit(k.ctx, now(), tx); !errors.Is(err, broker.ErrUnknown) {
		k.Errorf("committing an unknown id: %v", err)
	}
	k.holds("/queue/done", 0, 0, 0)
	k.holds(jobs, 0, 2, 0)
	if _, err := k.jobs.Remove(k.ctx, queue.Filter{}, 10); err != nil { // what runs stays
		k.Fatal(err)
	}
	if _, err := k.jobs.Rescue(k.ctx, now().Add(time.Hour), 10); err != nil {
		k.Fatal(err)
	}
	tx.Ack[0].IDs = []string{"m000001", "m000002"}
	if err := k.b.Commit(k.ctx, now(), tx); !errors.Is(err, broker.ErrLost) {
		k.Errorf("committing what is lost: %v", err)
	}
	k.holds("/queue/done", 0, 0, 0)
	if s := k.stats(jobs); s.Completed != 0 {
		k.Errorf("%d messages were acknowledged by a commit that failed", s.Completed)
	}
}

func posted(k *kit) {
	for i := range 5 {
		k.must(k.b.Post(k.ctx, now(), messages(jobs, 10*i+1, 10*i+10)))
	}
	k.must(k.b.Flush(k.ctx))
	k.holds(jobs, 50, 0, 0)
}

func badMessages(k *kit) {
	long := message(jobs, "x")
	long.ID = string(make([]byte, broker.MaxID+1))
	many := message(jobs, "x")
	many.Headers = make([]broker.Header, broker.MaxHeaders+1)
	large := message(jobs, "x")
	large.Body = make([]byte, broker.MaxSize+1)
	urgent := message(jobs, "x")
	urgent.Priority = 10
	for name, bad := range map[string][]broker.Message{"id": {long}, "headers": {many}, "size": {large}, "priority": {urgent}, "batch": messages(jobs, 1, broker.MaxBatch+1)} {
		if err := k.b.Send(k.ctx, now(), append([]broker.Message{message(jobs, "good")}, bad...)); !errors.Is(err, broker.ErrMessage) {
			k.Errorf("%s: %v", name, err)
		}
	}
	for _, dest := range []string{"", "jobs", "/queue/", "/queue", "/exchange/x", "queue/x", "/topic/a b", "/topic/\x00", "/queue/\xff", "/queue/" + string(make([]byte, 101))} {
		if err := k.b.Send(k.ctx, now(), []broker.Message{message(dest, "x")}); !errors.Is(err, broker.ErrDestination) {
			k.Errorf("sending to %q: %v", dest, err)
		}
		if _, err := k.b.Subscribe(k.ctx, now(), broker.Subscription{Destination: dest}); !errors.Is(err, broker.ErrDestination) {
			k.Errorf("subscribing to %q: %v", dest, err)
		}
	}
	k.holds(jobs, 0, 0, 0)
}

func closedSaysSo(k *kit) {
	b := broker.New(k.jobs, k.log, broker.Options{})
	k.must(b.Send(k.ctx, now(), messages(jobs, 1, 2)))
	q, topic := k.subscribe(b, broker.Subscription{Destination: jobs, Ack: broker.Individual}), k.subscribe(b, broker.Subscription{Destination: "/topic/a"})
	k.receive(q, 2)
	waits := make(chan error)
	go func() { _, err := topic.Receive(k.ctx); waits <- err }()
	k.must(b.Post(k.ctx, now(), messages(jobs, 3, 3)))
	k.must(b.Close(k.ctx))
	k.holds(jobs, 3, 0, 0)
	if err := <-waits; !errors.Is(err, broker.ErrClosed) {
		k.Errorf("a subscriber of a closed broker got %v", err)
	}
	if _, err := q.Receive(k.ctx); !errors.Is(err, broker.ErrClosed) {
		k.Errorf("a consumer of a closed broker got %v", err)
	}
	if err := b.Send(k.ctx, now(), messages(jobs, 4, 4)); !errors.Is(err, broker.ErrClosed) {
		k.Errorf("sending to a closed broker: %v", err)
	}
	for _, dest := range []string{jobs, "/topic/a"} {
		if _, err := b.Subscribe(k.ctx, now(), broker.Subscription{Destination: dest}); !errors.Is(err, broker.ErrClosed) {
			k.Errorf("subscribing to %s of a closed broker: %v", dest, err)
		}
	}
	k.must(b.Close(k.ctx))
}
