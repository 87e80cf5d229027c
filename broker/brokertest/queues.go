package brokertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/broker"
	"collector/queue"
)

const jobs = "/queue/jobs"

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
	for _, sign := range []string{"#", "/", ":", "|"} { // which may stand in names and ids
		k.send(message(jobs+sign+"a", "b"), message(jobs, "a"+sign+"b"))
		k.holds(jobs+sign+"a", 1, 0, 0)
	}
	k.holds(jobs, 6, 0, 0)
	k.send(message("/topic/a", "1"))
	k.send(message("/topic/a", "1"))
	if _, next, err := k.log.Bounds(k.ctx); err != nil || next != 2 {
		k.Errorf("next position %d, %v", next, err)
	}
}
