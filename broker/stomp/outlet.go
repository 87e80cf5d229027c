package stomp

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// outlet writes to a connection for the several goroutines that have something to say.
// A client that takes nothing for some time ends it.
type outlet struct {
	conn    net.Conn
	timeout time.Duration

	leaving atomic.Bool // the session ends: nothing may take long

	turn chan struct{} // has room for the one who writes, which may take long
	last time.Time     // when something was last written
	err  error
}

func newOutlet(conn net.Conn, timeout time.Duration) *outlet {
	return &outlet{conn: conn, timeout: timeout, turn: make(chan struct{}, 1), last: time.Now()}
}

// piece is written at once at most: each must go within the time.
const piece = 64 << 10

func (o *outlet) write(p []byte) error {
	o.turn <- struct{}{}
	defer func() { <-o.turn }()
	return o.put(p)
}

// put writes for who has the turn.
func (o *outlet) put(p []byte) error {
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
func (o *outlet) beat(every time.Duration) (time.Duration, error) {
	select {
	case o.turn <- struct{}{}:
	default:
		return every, nil
	}
	defer func() { <-o.turn }()
	if rest := every - time.Since(o.last); rest > 0 {
		return rest, nil
	}
	return every, o.put([]byte{'\n'})
}

// leave cuts short what somebody may be writing to a client that takes nothing, and returns
// when nobody does.
func (o *outlet) leave() {
	o.leaving.Store(true)
	for end := time.Now().Add(lingering); ; {
		_ = o.conn.SetWriteDeadline(end) // more than once: a writer may have set another just now
		select {
		case o.turn <- struct{}{}:
			<-o.turn
			return
		case <-time.After(lingering / 10):
		}
	}
}
