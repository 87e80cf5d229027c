// Package faultproxy is a TCP proxy on loopback that does to connections what
// networks do: it delays, throttles, cuts, resets and swallows. It stands
// between a client and a server in tests of promises about the wire; it knows
// nothing of what it carries.
package faultproxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Toxic is what happens to a connection. The zero Toxic carries everything.
type Toxic struct {
	Latency   time.Duration // before each piece that the server sends
	Rate      int           // bytes a second from the server; 0 no limit
	CutAfter  int64         // bytes from the server after which the connection ends; 0 never, -1 at once
	Reset     bool          // end by a reset (RST) and not in order
	Blackhole bool          // accept and carry nothing, in neither direction
	Hold      bool          // carry nothing for now; what was sent meanwhile, ends too, arrives later, as TCP sends again
	Slice     int           // most bytes a piece; 0 as they come
	Every     int           // struck is each n-th new connection, the first one first; 0 all, open ones too

	// Only tells by what a client sent first which connections are struck; nil all.
	Only func(opening []byte) bool
}

// Proxy listens on loopback and carries connections to a server.
type Proxy struct {
	ln     net.Listener
	target string
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	toxic   Toxic
	changed chan struct{} // closed when another toxic is set
	since   int           // connections that had come when the toxic was set
	open    map[net.Conn]struct{}
	count   int
	struck  int
}

// link is a connection through the proxy.
type link struct {
	nth     int    // of those that came, from 1
	opening []byte // what its client sent first
	held    bool   // was held, and counted for that
}

// New starts a proxy to target (host:port) on a free port of loopback.
func New(target string) (*Proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a fault proxy: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{ln: ln, target: target, cancel: cancel, open: map[net.Conn]struct{}{}, changed: make(chan struct{})}
	p.done.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed
			}
			p.done.Go(func() { p.carry(ctx, conn) })
		}
	})
	return p, nil
}

// Addr is where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.ln.Addr().String() }

// Set changes what happens to pieces and connections from now on.
func (p *Proxy) Set(t Toxic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.toxic, p.since = t, p.count
	close(p.changed)
	p.changed = make(chan struct{})
}

// Count returns how many connections came.
func (p *Proxy) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Struck returns how many connections were cut, reset, swallowed or held.
func (p *Proxy) Struck() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}

// Drop ends all open connections by a reset.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		reset(c)
	}
}

// Close stops listening, ends all connections and waits for their end.
func (p *Proxy) Close() {
	p.cancel()
	p.ln.Close()
	p.mu.Lock()
	for c := range p.open {
		c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// now is the toxic of the moment for a connection.
func (p *Proxy) now(l *link) Toxic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(l)
}

func (p *Proxy) of(l *link) Toxic {
	if every := p.toxic.Every; every > 0 && (l.nth <= p.since || (l.nth-p.since-1)%every != 0) {
		return Toxic{}
	}
	if p.toxic.Only != nil && !p.toxic.Only(l.opening) {
		return Toxic{}
	}
	return p.toxic
}

// released waits for as long as a connection is held, and returns the toxic of the
// moment; false when ctx ended first.
func (p *Proxy) released(ctx context.Context, l *link) (Toxic, bool) {
	for {
		p.mu.Lock()
		t, changed := p.of(l), p.changed
		if t.Hold && !l.held {
			l.held = true
			p.struck++
		}
		p.mu.Unlock()
		if !t.Hold {
			return t, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return t, false
		}
	}
}

// strike counts a connection that is about to be broken.
func (p *Proxy) strike() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.struck++
}

// keep remembers a connection until the returned function is called. It closes
// the connection at once when the proxy is closed already.
func (p *Proxy) keep(ctx context.Context, c net.Conn) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = struct{}{}
	if ctx.Err() != nil {
		c.Close()
	}
	return func() {
		c.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, c)
	}
}

func (p *Proxy) carry(ctx context.Context, client net.Conn) {
	defer p.keep(ctx, client)()
	p.mu.Lock()
	p.count++
	l := &link{nth: p.count}
	p.mu.Unlock()
	if t := p.now(l); t.CutAfter < 0 {
		p.end(client, t)
		return
	}
	server, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	defer p.keep(ctx, server)()
	var up sync.WaitGroup
	up.Go(func() {
		p.pump(ctx, l, server, client, false)
		if half, ok := server.(*net.TCPConn); ok {
			half.CloseWrite() // the server may still answer
		}
	})
	p.pump(ctx, l, client, server, true)
	if p.now(l).Blackhole {
		up.Wait() // the client hears nothing, not even an end
	}
	client.Close()
	server.Close()
	up.Wait()
}

// pump carries bytes of a connection one way. The toxic of the moment holds for
// each piece.
func (p *Proxy) pump(ctx context.Context, l *link, to, from net.Conn, answers bool) {
	buf := make([]byte, 32<<10)
	sent := int64(0)
	for {
		t := p.now(l)
		size := len(buf)
		if t.Slice > 0 && answers {
			size = min(size, t.Slice)
		}
		n, err := from.Read(buf[:size])
		if !answers {
			p.opened(l, buf[:n])
		}
		t, ok := p.released(ctx, l)
		if !ok {
			return
		}
		if t.Blackhole { // what was read is lost, and what follows
			if !answers {
				p.strike()
			}
			_, _ = io.Copy(io.Discard, from) // it ends when the connection does
			return
		}
		if n > 0 && answers {
			pause := t.Latency
			if t.Rate > 0 {
				pause += time.Duration(float64(n) / float64(t.Rate) * float64(time.Second))
			}
			if !wait(ctx, pause) {
				return
			}
			if t.CutAfter > 0 && sent+int64(n) >= t.CutAfter {
				to.Write(buf[:max(0, t.CutAfter-sent)]) // more may have been sent before the toxic was set
				p.end(to, t)
				return
			}
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
			sent += int64(n)
		}
		if err != nil {
			return
		}
	}
}

// opened keeps what the client of a connection sent first.
func (p *Proxy) opened(l *link, piece []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.opening == nil {
		l.opening = bytes.Clone(piece)
	}
}

func (p *Proxy) end(c net.Conn, t Toxic) {
	p.strike()
	if t.Reset {
		reset(c)
		return
	}
	c.Close()
}

// reset closes a connection so that the other side sees an error, not an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// wait passes d; false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
