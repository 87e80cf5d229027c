package queue

import (
	"context"
	"errors"
	"time"
)

// Store keeps jobs. Any number of processes may share one, and all of its methods
// may be called at once. queue/memory, queue/sqlite and queue/mongo pass
// queuetest.
//
// A call that fails may have been carried out all the same. A batch is carried
// out job by job: another process may see a part of it, and after an error a part
// of it may stand. Each single job changes in one write: its state, its lease and
// its counts are never apart. Times are arguments and are compared as milliseconds:
// a job is due at its due time, a lease is over at its end, exactly.
//
// A store sorts jobs for a claim by priority (greatest first), due time (earliest
// first) and id (smallest first, byte by byte). Ids of NewID make that the order in which
// one process added them.
type Store interface {
	// Add adds jobs, after Prepare. It returns for each whether it was added: false
	// where a job with its id is in the store already, which stays as it is. A job
	// that is Done and whose Keep is over does not count. Of two jobs of one call with
	// one id the first is added. If one job is invalid none is added, and the error
	// wraps ErrInvalid. mark is of NewToken and names the call: made again by the same handle
	// with the same mark and jobs, since it failed, it adds none twice and finds its own, be
	// they done and gone meanwhile. That holds for RepeatWithin at least. It is "" where the
	// caller does not make the call again.
	Add(ctx context.Context, now time.Time, mark string, jobs []Job) ([]bool, error)

	// AddClaimed adds jobs that their owner has in hand already: as Add and a Claim of them would
	// leave them, Running with one attempt and one delivery, though a pause does not keep them
	// out. mark is of NewToken and names the call: made again with the same mark and
	// jobs, since its answer was lost, it adds none twice and finds its own. It returns the claim that each
	// job is held under; a zero one where a job of its id is there that this call
	// did not add, or added and holds no longer. Owner, Now and Until alone are read of c. If one
	// job is invalid none is added, and the error wraps ErrInvalid.
	AddClaimed(ctx context.Context, c Claim, mark string, jobs []Job) ([]Ref, error)

	// Passed counts jobs that were added and completed and never stored, by queue.
	Passed(ctx context.Context, jobs map[string]int64) error

	// Claim takes up to c.N jobs of a queue that are due, in order, and returns them in
	// that order as they now are: Running, Attempts and Deliveries counted up, under a
	// token that no other call of Claim ever gave. A paused queue, or one that is not
	// there, gives none. Where others claim at the same time fewer may be returned
	// although there are more.
	Claim(ctx context.Context, c Claim) ([]Job, error)

	// Claimable returns those of the named queues, in no order, that have jobs which a Claim at
	// now may give: Ready, or Scheduled and due, of whatever kind, and not paused. What it takes
	// grows little with the number of the queues: the statements are a few, and find them by
	// an index.
	Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error)

	// Finish ends claims. It returns for each whether the claim still stood: the job is
	// Running under this very token. Otherwise, also if there is no such job, nothing was
	// changed. A lease that is over but was neither rescued nor claimed again still
	// stands. Of two outcomes of one claim in one call the first is carried out.
	Finish(ctx context.Context, now time.Time, outcomes []Outcome) ([]bool, error)

	// Renew sets the lease of each claim that still stands to end at until, and returns
	// for each whether it stood. It takes one statement however many they are.
	Renew(ctx context.Context, claims []Ref, until time.Time) ([]bool, error)

	// Rescue takes up to limit jobs, in no order, whose lease is over (LeaseUntil <=
	// now): they are Ready and due now, or Dead where MaxAttempts are used up, and
	// LastError becomes LeaseEnded. It returns them as they now are, but with the Owner
	// that they had. It also removes up to limit jobs that are Done and whose Keep is over.
	Rescue(ctx context.Context, now time.Time, limit int) ([]Job, error)

	// NextDue returns the earliest due time of the Scheduled jobs of the named queues
	// that are not paused; zero if there are none.
	NextDue(ctx context.Context, queues []string) (time.Time, error)

	// Job returns one job, or ErrNotFound. It may show one that is Done and whose Keep is over.
	Job(ctx context.Context, id string) (Job, error)

	// Jobs returns jobs that match, in the order of their ids, at most p.Size(), and
	// the cursor of the next page: "" at the end. A cursor stays good while jobs come and
	// go: no job that stays is left out or shown twice. With p.Look a page may end early.
	Jobs(ctx context.Context, f Filter, p Page) ([]Job, string, error)

	// Requeue lets up to limit jobs that match and are Dead wait again: due at due (now
	// where that is zero), no attempts used, no error, Finished zero. Where f.State is
	// Scheduled it does so with those, and where it is another state but Dead with none.
	// It returns how many; fewer than limit says that none was left.
	Requeue(ctx context.Context, now, due time.Time, f Filter, limit int) (int, error)

	// Remove removes up to limit jobs that match and are not Running. It returns how
	// many; fewer than limit says that none was left.
	Remove(ctx context.Context, f Filter, limit int) (int, error)

	// Pause lets nothing be claimed from a queue any more, or again, in all processes.
	// What runs goes on. The queue need not have jobs. Either is no error twice.
	Pause(ctx context.Context, queue string, paused bool) error

	// Paused says whether a queue is paused. One that is not there is not.
	Paused(ctx context.Context, queue string) (bool, error)

	// Stats returns the counts of each queue that has or had jobs, or was paused, in the
	// order of the names: of all, or of those that are named, where no other is read. They
	// are kept as jobs change: the call never counts jobs. A store without transactions may
	// tell up to a second late what other handles did, and a process that dies may leave its
	// counts off by what it had in hand.
	Stats(ctx context.Context, queues ...string) ([]Stats, error)

	// Watch calls wake whenever a queue may have got something to claim or an earlier
	// NextDue: jobs were added, made ready or given back, or the queue goes on after a
	// pause. Queue "" is any queue. Calls may be joined, may come without a reason, and
	// need not come for what another process did: who watches also looks from time to
	// time. wake must not block. Watch returns when ctx ends, with its error, or when it
	// cannot go on: then it is to be called again after a while.
	Watch(ctx context.Context, wake func(queue string)) error

	// Describe says what it is, for people and without secrets.
	Describe() string
}

// ErrNotFound says that there is no such job.
var ErrNotFound = errors.New("there is no such job")

// ErrExists says that a job with this id is in the store already.
var ErrExists = errors.New("a job with this id is there already")

// RepeatWithin is how soon a call of Store.Add or AddClaimed that failed is to be made again
// with its mark. Later, jobs of the first call that are done may be added once more.
const RepeatWithin = 20 * time.Minute

// MaxPage is the greatest page of Store.Jobs.
const MaxPage = 1000

// Claim asks for jobs.
type Claim struct {
	Queue string
	Kinds []string // only of these; empty: of all
	N     int      // at most; none if it is not positive
	Owner string   // who claims, for people and for Job.Owner
	Now   time.Time
	Until time.Time // the end of the lease
}

// Verb is what becomes of a job whose claim ends.
type Verb string

const (
	// Complete makes it Done: removed at once, or when its Keep is over.
	Complete Verb = "complete"
	// Retry makes it wait until Due. The attempt counts and LastError becomes Error.
	Retry Verb = "retry"
	// Bury makes it Dead. LastError becomes Error.
	Bury Verb = "bury"
	// Snooze makes it wait until Due. The attempt does not count.
	Snooze Verb = "snooze"
	// Release gives back what was never started: neither the attempt nor the delivery
	// counts, and it is due as it was.
	Release Verb = "release"
)

// Outcome ends one claim. An unknown verb is an error and nothing of the call is carried out.
type Outcome struct {
	Ref
	Verb  Verb
	Due   time.Time // of Retry and Snooze; now or earlier is Ready at once
	Error string    // of Retry and Bury; cut to MaxText
}

// Filter chooses jobs; each field that is set must match.
type Filter struct {
	ID          string
	Queue       string
	Kind        string
	State       State
	Owner       string
	Error       string    // a part of LastError, letter by letter
	MinAttempts int       // Attempts is at least this
	AddedFrom   time.Time // Added is this or later
	AddedBefore time.Time // Added is earlier
}

// Page is a part of a list.
type Page struct {
	Cursor string // of the call before; "" begins
	Limit  int
	Newest bool // greatest id first

	// Look, where it is positive, bounds what one call looks at, however few match: at so
	// many jobs in the order of their ids. Where there are more, the page ends there, be it
	// without any job, with the cursor of what is next. A store that finds all that match
	// among fewer by an index passes over the others.
	Look int
}

// Stats counts one queue. The first five are jobs as they stand, the others what
// happened since the store was made.
type Stats struct {
	Queue  string
	Paused bool

	Scheduled, Ready, Running, Dead, Done int64

	Added     int64
	Completed int64 // Complete
	Retried   int64 // Retry: attempts that failed and are tried again
	Buried    int64 // became Dead, in whatever way
	Rescued   int64 // leases that ended without an outcome
	Requeued  int64
}
