package broker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	"collector/broker/memory"
	"collector/queue"
	queuememory "collector/queue/memory"
)

// slowClaims is a store that has already begun to claim when it learns that nobody wants
// it any more.
type slowClaims struct {
	queue.Store
	goOn chan struct{}
}

func (s slowClaims) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	<-s.goOn
	return s.Store.Claim(context.WithoutCancel(ctx), c)
}

// TestLateClaim: what a claim brings that was under way when its consumer, or the whole
// broker, ended is there for others when the end returns, not when a lease ends.
func TestLateClaim(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, b *broker.Broker, s broker.Stream) error{
		"subscription": func(ctx context.Context, _ *broker.Broker, s broker.Stream) error { return s.Close(ctx, time.Now()) },
		"broker":       func(ctx context.Context, b *broker.Broker, _ broker.Stream) error { return b.Close(ctx) },
		"broker, of a subscription that was left sooner": func(ctx context.Context, b *broker.Broker, s broker.Stream) error {
			gone, cancel := context.WithCancel(ctx)
			cancel()
			return errors.Join(s.Close(gone, time.Now()), b.Close(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jobs := slowClaims{queuememory.New(), make(chan struct{})}
				b := broker.New(jobs, memory.New(), broker.Options{})
				if err := b.Send(t.Context(), time.Now(), []broker.Message{{Destination: "/queue/a"}}); err != nil {
					t.Fatal(err)
				}
				s, err := b.Subscribe(t.Context(), time.Now(), broker.Subscription{Destination: "/queue/a", Ack: broker.Client})
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				ended := make(chan error)
				go func() { ended <- end(t.Context(), b, s) }()
				synctest.Wait()
				select {
				case err := <-ended:
					t.Fatalf("it has ended while a claim is under way: %v", err)
				default:
				}
				close(jobs.goOn)
				if err := <-ended; err != nil {
					t.Error(err)
				}
				stats, err := jobs.Stats(t.Context())
				if err != nil || len(stats) != 1 || stats[0].Ready != 1 || stats[0].Running != 0 {
					t.Errorf("%+v, %v", stats, err)
				}
				if err := b.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
