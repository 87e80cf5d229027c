package queue

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"
)

// State is where a job stands. A job is in one state at a time; the state that a
// store keeps is the only field that decides what may happen to it next.
type State string

const (
	Scheduled State = "scheduled" // its due time had not come when the queue was last claimed from
	Ready     State = "ready"     // due: the next claim may take it
	Running   State = "running"   // claimed, under a lease
	Dead      State = "dead"      // failed for good; kept until somebody re-queues or removes it
	Done      State = "done"      // done, and kept for Job.Keep so that its id stays taken
)

// Limits of what a job may hold.
const (
	MaxName = 255     // bytes of an id, a queue or a kind
	MaxData = 8 << 20 // bytes of data: half of what a MongoDB document may have
	MaxText = 4 << 10 // bytes of an error that are kept
)

// Job is one piece of work. Times have milliseconds; stores drop what is finer.
type Job struct {
	ID       string // unique in the store while the job is there; by NewID if it is not chosen
	Queue    string // "default" if it is not chosen
	Kind     string // names the handler
	Data     []byte // for the handler; nobody else looks into it
	Priority int    // greater is earlier; strict inside a queue. An int32
	Due      time.Time
	// MaxAttempts is how many attempts may fail, or end with their owner, before the
	// job is dead. 0 is no limit.
	MaxAttempts int
	// Keep is how long the job is kept once it is done, in which time no other one
	// may have its id. 0 removes it at once.
	Keep time.Duration

	// What follows is the store's.

	State State
	Added time.Time
	// Attempts counts the claims since the job was added or re-queued, without those
	// that were snoozed or released.
	Attempts int
	// Deliveries counts all claims but those that were released unstarted. From the
	// second one on the work may have been done before, wholly or in part.
	Deliveries int
	Owner      string    // of the lease; "" unless Running
	Token      string    // of this claim: every acknowledgement must bring it; "" unless Running
	LeaseUntil time.Time // the lease is over at this moment; zero unless Running
	Started    time.Time // of the last claim; zero if there was none
	LastError  string    // of the last attempt that failed, at most MaxText bytes
	Finished   time.Time // when it became Dead or Done; zero otherwise
}

// Redelivered says that an earlier claim of the job may have done its work.
func (j Job) Redelivered() bool { return j.Deliveries > 1 }

// Ref names one claim of a job.
type Ref struct{ ID, Token string }

// Ref returns the claim that the job is held under.
func (j Job) Ref() Ref { return Ref{j.ID, j.Token} }

// ErrInvalid says that a job cannot be added as it is: the caller is to mend it.
var ErrInvalid = errors.New("this job cannot be added")

// DefaultQueue is the queue of jobs that name none.
const DefaultQueue = "default"

// Prepare returns the job as a store adds it: with an id, a queue and a due time,
// its times cut to milliseconds, and everything that is the store's as it begins.
// The error wraps ErrInvalid. Every store calls it.
func Prepare(j Job, now time.Time) (Job, error) {
	now = Milli(now)
	if j.ID == "" {
		j.ID = NewID(now)
	}
	if j.Queue == "" {
		j.Queue = DefaultQueue
	}
	if j.Due.IsZero() {
		j.Due = now
	}
	for _, n := range []struct{ what, is string }{{"id", j.ID}, {"queue", j.Queue}, {"kind", j.Kind}} {
		switch {
		case n.is == "":
			return j, fmt.Errorf("%w: it has no %s; name one", ErrInvalid, n.what)
		case len(n.is) > MaxName:
			return j, fmt.Errorf("%w: its %s has %d bytes, at most %d may be; shorten it", ErrInvalid, n.what, len(n.is), MaxName)
		case !utf8.ValidString(n.is):
			return j, fmt.Errorf("%w: its %s is not UTF-8; encode it", ErrInvalid, n.what)
		}
	}
	switch {
	case len(j.Data) > MaxData:
		return j, fmt.Errorf("%w: its data has %d bytes, at most %d may be; keep it elsewhere and name the place", ErrInvalid, len(j.Data), MaxData)
	case j.Priority != int(int32(j.Priority)):
		return j, fmt.Errorf("%w: the priority %d is no int32", ErrInvalid, j.Priority)
	case j.MaxAttempts < 0 || j.MaxAttempts != int(int32(j.MaxAttempts)):
		return j, fmt.Errorf("%w: %d attempts are no number of attempts; 0 is no limit", ErrInvalid, j.MaxAttempts)
	case j.Keep < 0:
		return j, fmt.Errorf("%w: it cannot be kept for %v; 0 removes it when it is done", ErrInvalid, j.Keep)
	}
	out := Job{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, Data: j.Data, Priority: j.Priority,
		Due: Milli(j.Due), MaxAttempts: j.MaxAttempts, Keep: j.Keep.Truncate(time.Millisecond),
		State: Scheduled, Added: now,
	}
	if !out.Due.After(now) {
		out.State = Ready
	}
	return out, nil
}

// Held returns the job as Store.AddClaimed adds it: prepared, and Running under a token.
// The error wraps ErrInvalid.
func Held(j Job, c Claim, token string) (Job, error) {
	j, err := Prepare(j, c.Now)
	j.State, j.Owner, j.Token = Running, c.Owner, token
	j.LeaseUntil, j.Started = Milli(c.Until), Milli(c.Now)
	j.Attempts, j.Deliveries = 1, 1
	return j, err
}

// Milli cuts a time to the milliseconds that stores keep, in UTC. Zero stays zero.
func Milli(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// Cut shortens an error's text to what is kept of it, at the end of a rune.
func Cut(text string) string {
	if len(text) <= MaxText {
		return text
	}
	end := MaxText
	for end > MaxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// ids remembers the newest id of the process, so that the next one is greater.
var ids struct {
	sync.Mutex
	last [16]byte
}

var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns an id of 26 characters that no other call returns, in this process
// or another one. Ids sort by their times, and those of one process in the order of
// the calls, also within a millisecond and when the clock goes back: jobs of one
// priority and one due time are claimed in the order of their ids.
func NewID(now time.Time) string {
	ids.Lock()
	defer ids.Unlock()
	var id [16]byte
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(0, now.UnixMilli())))
	copy(id[:6], ms[2:])
	_, _ = rand.Read(id[6:]) // never fails: crypto/rand ends the program itself
	id[6] &= 0x7f            // leaves room to count up within the millisecond
	if string(id[:]) <= string(ids.last[:]) {
		id = ids.last
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] != 0 {
				break
			}
		}
	}
	ids.last = id
	return alphabet.EncodeToString(id[:])
}

// NewToken returns 128 random bits as text, for the claim that a store makes.
func NewToken() string { return rand.Text() }
