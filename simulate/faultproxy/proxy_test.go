package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"
)

// server answers each connection with text as soon as it has read a byte.
func server(t *testing.T, text []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
					c.Write(text)
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// ask sends a byte through a proxy with a toxic and reads until the end, or for
// as long as the deadline is.
func ask(t *testing.T, text []byte, toxic Toxic, deadline time.Duration) ([]byte, error) {
	t.Helper()
	p, err := New(server(t, text))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Set(toxic)
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	until(func() bool { return p.Count() > 0 })
	if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("?")); err != nil {
		return nil, err
	}
	got, err := io.ReadAll(c)
	if p.Count() != 1 {
		t.Errorf("%d connections, want 1", p.Count())
	}
	return got, err
}

// until waits for what other goroutines do.
func until(done func() bool) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !done() {
		<-look.C
	}
}

func TestToxics(t *testing.T) {
	text := bytes.Repeat([]byte("likes "), 2000)
	t.Run("none", func(t *testing.T) {
		if got, err := ask(t, text, Toxic{}, time.Minute); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("sliced", func(t *testing.T) {
		if got, err := ask(t, text, Toxic{Slice: 7}, time.Minute); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("cut", func(t *testing.T) {
		got, err := ask(t, text, Toxic{CutAfter: 1000}, time.Minute)
		if err != nil || len(got) != 1000 || !bytes.Equal(got, text[:1000]) {
			t.Errorf("%d bytes, %v; want 1000 and an orderly end", len(got), err)
		}
	})
	t.Run("cut at once", func(t *testing.T) {
		if got, err := ask(t, text, Toxic{CutAfter: -1}, time.Minute); len(got) != 0 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("reset", func(t *testing.T) {
		if got, err := ask(t, text, Toxic{CutAfter: 1, Reset: true}, time.Minute); !errors.Is(err, syscall.ECONNRESET) || len(got) > 1 {
			t.Errorf("%d bytes, %v; want a reset", len(got), err)
		}
	})
	t.Run("blackhole", func(t *testing.T) {
		var timeout net.Error
		if got, err := ask(t, text, Toxic{Blackhole: true}, 200*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() || len(got) > 0 {
			t.Errorf("%d bytes, %v; want nothing until the deadline", len(got), err)
		}
	})
	t.Run("late", func(t *testing.T) {
		start := time.Now()
		if got, err := ask(t, text, Toxic{Latency: 150 * time.Millisecond}, time.Minute); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if d := time.Since(start); d < 150*time.Millisecond {
			t.Errorf("the answer came after %s", d)
		}
	})
	t.Run("slow", func(t *testing.T) {
		start := time.Now()
		if got, err := ask(t, text, Toxic{Rate: 60_000, Slice: 1000}, time.Minute); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if d := time.Since(start); d < 190*time.Millisecond { // 12,000 bytes at 60,000 a second
			t.Errorf("the answer came after %s", d)
		}
	})
}

// A toxic for each second connection strikes the first new one; one that is set
// while a connection is open breaks that at its next piece, however much it has
// carried.
func TestEveryAndLate(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() { // answers each byte with ten
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for b := make([]byte, 1); ; {
					if _, err := io.ReadFull(c, b); err != nil {
						return
					}
					c.Write(bytes.Repeat(b, 10))
				}
			}()
		}
	}()
	p, err := New(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	asked := func(c net.Conn) int {
		c.Write([]byte("?"))
		n, _ := io.ReadFull(c, make([]byte, 10)) // the error of an end says nothing more
		return n
	}
	open := dial()
	if n := asked(open); n != 10 {
		t.Fatalf("%d bytes without a toxic", n)
	}
	p.Set(Toxic{CutAfter: 3, Every: 2})
	var got []int
	for range 4 {
		c := dial()
		got = append(got, asked(c))
	}
	if want := []int{3, 10, 3, 10}; !slices.Equal(got, want) || asked(open) != 10 {
		t.Errorf("bytes of new connections %v, want %v, and an open one goes on", got, want)
	}
	p.Set(Toxic{CutAfter: 3})
	if n := asked(open); n != 0 {
		t.Errorf("%d bytes more over a connection that has carried more than the cut", n)
	}
	if p.Struck() != 3 {
		t.Errorf("%d connections were struck, want 3", p.Struck())
	}
}

func TestDropEndsOpenConnections(t *testing.T) {
	p, err := New(server(t, []byte("never asked for")))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for p.Count() == 0 {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.EAGAIN) && err == nil {
			t.Fatal("an answer without a question")
		}
	}
	p.Drop()
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reading from a dropped connection: %v", err)
	}
}

func TestNobodyAtTheTarget(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := ln.Addr().String()
	ln.Close()
	p, err := New(gone)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("tcp", p.Addr())
	if errors.Is(err, syscall.ECONNRESET) {
		return // the reset came before the dial was over
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// What is held arrives once it is let go, the client's end too; connections that
// opened otherwise are carried all the while.
func TestHoldSetsApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	came := make(chan string, 4)
	go func() { // answers each piece, and tells at the end what came
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var all []byte
				for buf := make([]byte, 100); ; {
					n, err := c.Read(buf)
					all = append(all, buf[:n]...)
					if err != nil {
						came <- string(all)
						return
					}
					c.Write(buf[:n])
				}
			}()
		}
	}()
	p, err := New(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	say := func(c net.Conn, text string, within time.Duration) (string, error) {
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(text))
		n, err := io.ReadFull(c, got)
		return string(got[:n]), err
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	ann, bob := dial(), dial()
	for c, name := range map[net.Conn]string{ann: "ann", bob: "bob"} {
		if got, err := say(c, name, time.Minute); got != name {
			t.Fatalf("%q, %v", got, err)
		}
	}
	p.Set(Toxic{Hold: true, Only: func(opening []byte) bool { return bytes.HasPrefix(opening, []byte("ann")) }})
	late := dial()
	if got, err := say(bob, " goes on", time.Minute); got != " goes on" {
		t.Errorf("a connection that opened otherwise: %q, %v", got, err)
	}
	for text, c := range map[string]net.Conn{" is held": ann, "ann again": late} {
		var timeout net.Error
		if got, err := say(c, text, 100*time.Millisecond); got != "" || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("what is held was answered with %q, %v", got, err)
		}
	}
	until(func() bool { return p.Struck() >= 2 }) // what was said has come as far as it goes
	ann.Close()                                   // is not known at the other side before the rest is
	select {
	case text := <-came:
		t.Errorf("%q and an end came through", text)
	case <-time.After(50 * time.Millisecond):
	}
	if n := p.Struck(); n != 2 {
		t.Errorf("%d connections were held, want 2", n)
	}
	p.Set(Toxic{})
	if text := <-came; text != "ann is held" {
		t.Errorf("let go, %q arrived", text)
	}
	if got, err := say(late, "!", time.Minute); got != "a" {
		t.Errorf("let go, %q was answered, %v", got, err)
	}
}
