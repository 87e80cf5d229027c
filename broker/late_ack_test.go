package broker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	"collector/broker/memory"
	queuememory "collector/queue/memory"
)

// TestLateAcknowledgement: what is acknowledged after its subscription or the broker has
// ended, as by a client that goes on while the server stops, is refused.
func TestLateAcknowledgement(t *testing.T) {
	for _, end := range []func(ctx context.Context, b *broker.Broker, s broker.Stream) error{
		func(ctx context.Context, _ *broker.Broker, s broker.Stream) error { return s.Close(ctx, time.Now()) },
		func(ctx context.Context, b *broker.Broker, _ broker.Stream) error { return b.Close(ctx) },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := broker.New(queuememory.New(), memory.New(), broker.Options{})
			if err := b.Send(t.Context(), time.Now(), []broker.Message{{Destination: "/queue/a"}}); err != nil {
				t.Fatal(err)
			}
			s, err := b.Subscribe(t.Context(), time.Now(), broker.Subscription{Destination: "/queue/a", Ack: broker.Client})
			if err != nil {
				t.Fatal(err)
			}
			ms, err := s.Receive(t.Context())
			if err != nil || len(ms) != 1 {
				t.Fatal(ms, err)
			}
			if err := end(t.Context(), b, s); err != nil {
				t.Fatal(err)
			}
			if err := s.Ack(t.Context(), time.Now(), ms[0].ID); !errors.Is(err, broker.ErrUnknown) && !errors.Is(err, broker.ErrClosed) {
				t.Errorf("it is acknowledged: %v", err)
			}
			if err := b.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
