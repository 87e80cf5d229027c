// Package queue is a job queue: work that is kept until it is done, given to one
// worker at a time, tried again when it fails, and looked at by people while it waits.
//
// It stands alone. A Store keeps the jobs (queue/memory, queue/sqlite on a handle
// that the caller opened, queue/mongo); a Master takes them from the store and runs
// the handlers of their kinds. Any number of Masters in any number of processes may
// share a store.
//
//	type Mail struct{ To, Text string }
//	var mail = queue.Kind[Mail]{Name: "mail"}
//
//	m, err := queue.New(queue.Config{Store: memory.New(), Handlers: []queue.Handler{
//		mail.Handle(func(ctx context.Context, t *queue.Task, data Mail) error { return send(ctx, data) }),
//	}})
//	err = mail.Add(ctx, m, Mail{To: "anna"})
//	err = m.Run(ctx) // until ctx ends
//
// # What is promised
//
// A job is delivered at least once. A claim holds it under a lease that the Master
// renews while the handler runs, apart from the handler's own timeout; when the owner
// is gone the lease ends and somebody else is given the job, which says so
// (Job.Redelivered). Every acknowledgement brings the token of its claim, so whoever
// comes too late changes nothing, and has its handler's context cancelled as soon as it
// is known. A job is therefore done once as far as the store can see, and a handler
// whose effects lie elsewhere has to bear a second start: that is what Redelivered and
// unique ids are for.
//
// Inside a queue priority is strict. Between queues weights share what is free, and
// slots can be reserved, so that long jobs of one queue do not hold up another one.
// Master.SetQueues changes all of that while jobs run.
//
// Times of different processes are compared: their clocks should differ by much less than the
// lease.
package queue
