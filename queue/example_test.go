package queue_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// A job of a kind, and its handler.
func Example() {
	type greeting struct{ Name string }
	greet := queue.Kind[greeting]{Name: "greet"}

	m, err := queue.New(queue.Config{Store: memory.New(), Handlers: []queue.Handler{
		greet.Handle(func(_ context.Context, _ *queue.Task, data greeting) error {
			fmt.Println("hello", data.Name)
			return nil
		}),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go m.Run(ctx)
	if err := greet.Add(ctx, m, greeting{Name: "Anna"}); err != nil {
		fmt.Println(err)
	}
	if err := m.Drain(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: hello Anna
}

// A payment event must have its effect once, though it is told again and again. The id
// of the job is that of the event, so that a second one is refused while the first
// waits or runs, and for a day after it. The handler may still be started twice, when
// its process dies: it asks for the state of the payment first, where the effect is.
func Example_paymentOnce() {
	type payment struct{ ID string }
	capture := queue.Kind[payment]{Name: "capture", Keep: 24 * time.Hour}
	captured := map[string]bool{} // the bank's books

	m, err := queue.New(queue.Config{Store: memory.New(), Workers: 1, Handlers: []queue.Handler{
		capture.Handle(func(_ context.Context, t *queue.Task, p payment) error {
			if captured[p.ID] {
				return nil
			}
			captured[p.ID] = true
			fmt.Println("captured", p.ID, "- delivered before:", t.Job.Redelivered())
			return nil
		}),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	go m.Run(ctx)
	for range 3 {
		err := capture.Add(ctx, m, payment{ID: "p-17"}, func(j *queue.Job) { j.ID = "capture/p-17" })
		if errors.Is(err, queue.ErrExists) {
			fmt.Println("told again")
		}
		if err := m.Drain(ctx); err != nil {
			fmt.Println(err)
		}
		if err := m.Resume(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// captured p-17 - delivered before: false
	// told again
	// told again
}

// Mails that could not be sent are tried again half an hour later, by a listener: the
// handler and its policy know nothing of it.
func Example_mailerRetriedByAListener() {
	type letter struct{ To string }
	mail := queue.Kind[letter]{Name: "mail", Policy: queue.Policy{MaxAttempts: 1}}
	store := memory.New()

	m, err := queue.New(queue.Config{Store: store, Handlers: []queue.Handler{
		mail.Handle(func(context.Context, *queue.Task, letter) error { return errors.New("the server is busy") }),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	heard := make(chan struct{})
	m.Listen(queue.Events{Types: []queue.EventType{queue.EventDead}, Kinds: []string{"mail"}}, func(e queue.Event) {
		defer close(heard)
		n, err := queue.Requeue(ctx, store, e.At, e.At.Add(30*time.Minute), queue.Filter{ID: e.Job.ID})
		fmt.Println(e.Err, "- tried again:", n, err)
	})
	go m.Run(ctx)
	if err := mail.Add(ctx, m, letter{To: "anna"}, func(j *queue.Job) { j.ID = "letter" }); err != nil {
		fmt.Println(err)
	}
	<-heard
	j, err := store.Job(ctx, "letter")
	fmt.Println(j.State, j.Due.Sub(j.Added).Round(time.Minute), "later, attempts used:", j.Attempts, err)
	// Output:
	// the server is busy - tried again: 1 <nil>
	// scheduled 30m0s later, attempts used: 0 <nil>
}

// Connections that many workers share.
func ExamplePool() {
	opened := 0
	pool, err := queue.NewPool(queue.PoolConfig[int]{Max: 2, New: func(context.Context) (int, error) { opened++; return opened, nil }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	for range 5 {
		connection, put, err := pool.Get(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print("connection ", connection, "; ")
		put(true)
	}
	fmt.Println("opened:", opened)
	// Output: connection 1; connection 1; connection 1; connection 1; connection 1; opened: 1
}
