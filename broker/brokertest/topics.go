package brokertest

import (
	"errors"
	"slices"

	"collector/broker"
)

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
