package brokertest

import (
	"errors"
	"time"

	"collector/broker"
	"collector/queue"
)

func sendIsStored(k *kit) {
	k.send(messages(jobs, 1, 3)...)
	k.holds(jobs, 3, 0, 0)
	k.send(messages("/topic/a", 1, 2)...)
	if _, next, err := k.log.Bounds(k.ctx); err != nil || next != 3 {
		k.Errorf("next position %d, %v", next, err)
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

// commitLeavesTheOrder: after a commit that failed, an acknowledgement of all up to a message
// means those that were received before it, and no others.
func commitLeavesTheOrder(k *kit) {
	k.send(messages(jobs, 1, 5)...)
	s := k.subscribe(k.b, broker.Subscription{Destination: jobs, Ack: broker.Client})
	k.receive(s, 5)
	err := k.b.Commit(k.ctx, now(), broker.Transaction{
		Ack:  []broker.Receipt{{Stream: s, IDs: []string{"m000001"}}},
		Nack: []broker.Receipt{{Stream: s, IDs: []string{"m000003", "nobody"}}},
	})
	if !errors.Is(err, broker.ErrUnknown) {
		k.Errorf("committing an unknown id: %v", err)
	}
	k.must(s.Ack(k.ctx, now(), "m000001"))
	k.holds(jobs, 0, 4, 0)
	k.must(s.Ack(k.ctx, now(), "m000003"))
	k.holds(jobs, 0, 2, 0)
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
	for _, dest := range []string{"", "jobs", "/queue/", "/queue", "/exchange/x", "queue/x", "/topic/a b", "/topic/-", "/topic/---", "/topic/\x00", "/queue/\xff", "/queue/" + string(make([]byte, 101))} {
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
