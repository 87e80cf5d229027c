package brokertest

import (
	"errors"
	"time"

	"collector/broker"
)

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
