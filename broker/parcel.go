package broker

import (
	"fmt"
	"sync"
	"time"
)

// parcel is what one call sends.
type parcel struct {
	now  time.Time
	ms   []Message
	size int
	tx   *transaction // of Commit; written alone
	done chan error   // has room for one; nil if nobody waits
	held bool         // the writer has it: it cannot be withdrawn any more

	mu    sync.Mutex
	parts int // that are not stored: each message that was handed over before, and all others together
	err   error
}

func newParcel(ms []Message, now time.Time) (*parcel, error) {
	ms, size, err := prepare(ms, now)
	if err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	return &parcel{now: now, ms: ms, size: size, parts: 1}, nil
}

// split says that a message goes a way of its own.
func (p *parcel) split() {
	p.mu.Lock()
	p.parts++
	p.mu.Unlock()
}

// part says what became of one part. The last one answers who waits.
func (p *parcel) part(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parts--; p.err == nil {
		p.err = err
	}
	if p.parts == 0 && p.done != nil {
		p.done <- p.err
	}
}
