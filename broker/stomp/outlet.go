package stomp

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// outlet writes to a connection for the several goroutines that have something to say.
// A client that takes nothing for some time ends it.
type outlet struct {
	conn    net.Conn
	timeout time.Duration

	leaving atomic.Bool // the session ends: nothing may take long

	mu   sync.Mutex
	last time.Time // when something was last written
	err  error
}

// piece is written at once at most: each must go within the time.
const piece = 64 << 10

func (o *outlet) write(p []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writeLocked(p)
}

func (o *outlet) writeLocked(p []byte) error {
	for len(p) > 0 && o.err == nil {
		if o.err = o.conn.SetWriteDeadline(time.Now().Add(o.timeout)); o.err != nil {
			break
		}
		if o.leaving.Load() {
			_ = o.conn.SetWriteDeadline(time.Now().Add(lingering))
		}
		var n int
		n, o.err = o.conn.Write(p[:min(len(p), piece)])
		p = p[n:]
		o.last = time.Now()
	}
	if o.err != nil {
		return fmt.Errorf("writing to the client: %w", o.err)
	}
	return nil
}

// beat writes a heart-beat if nothing else was written for that long, and returns when
// the next may be due. Where somebody is writing there is no need for one.
func (o *outlet) beat(every time.Duration) time.Duration {
	if !o.mu.TryLock() {
		return every
	}
	defer o.mu.Unlock()
	if rest := every - time.Since(o.last); rest > 0 {
		return rest
	}
	_ = o.writeLocked([]byte{'\n'}) // the reader notices a connection that is gone
	return every
}

// leave cuts short what somebody may be writing to a client that takes nothing.
func (o *outlet) leave() {
	o.leaving.Store(true)
	_ = o.conn.SetWriteDeadline(time.Now().Add(lingering))
}
