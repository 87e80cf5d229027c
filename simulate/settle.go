package simulate

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Settle waits until every connection to the services has ended: what a caller
// that is dead by now has sent has been counted then. A caller that lives keeps
// its connections, so it is an error, by the end of ctx, to wait for one.
func (r *Running) Settle(ctx context.Context) error {
	for _, url := range r.URLs {
		// Connections are accepted in the order in which they came: once one of
		// our own is known, so are those of the dead.
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", url[len("http://"):])
		if err != nil {
			return fmt.Errorf("settling the simulated services: %w", err)
		}
		err = r.until(ctx, func() bool { return r.open[conn.LocalAddr().String()] })
		conn.Close() // it carried nothing
		if err != nil {
			return err
		}
	}
	return r.until(ctx, func() bool { return len(r.open) == 0 })
}

// until waits for what holds under the lock of the connections.
func (r *Running) until(ctx context.Context, holds func() bool) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		r.conns.Lock()
		ok, n := holds(), len(r.open)
		r.conns.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("settling the simulated services, %d connections are open: %w", n, ctx.Err())
		case <-tick.C:
		}
	}
}

// keep notes which connections are open, by the caller's address.
func (r *Running) keep(conn net.Conn, state http.ConnState) {
	r.conns.Lock()
	defer r.conns.Unlock()
	switch state {
	case http.StateNew:
		r.open[conn.RemoteAddr().String()] = true
	case http.StateClosed, http.StateHijacked:
		delete(r.open, conn.RemoteAddr().String())
	}
}
