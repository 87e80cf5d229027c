package site

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"collector/store/memory"
	"collector/web"
)

// pipes is a listener of connections within the process.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// mostBytes is what a thousand viewers may take, both ends of their connections counted.
const mostBytes = 100 << 20

// TestAThousandViewers watch one change, with one reader, within 100 MB, longer than a
// request may take; and all of it ends.
func TestAThousandViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const viewers = 1000
		w := seeded(t, memory.New())
		w.config.From = func(*http.Request) netip.Addr { return netip.MustParseAddr("127.0.0.1") } // pipes have no addresses
		w.open()
		cookie := ""
		for name, value := range w.as("anna").cookies {
			cookie += name + "=" + value + "; "
		}
		in := make(pipes)
		times := web.DefaultTimes()
		server := &http.Server{Handler: w.pages, ReadTimeout: times.Read, WriteTimeout: times.Write, ReadHeaderTimeout: times.Header}
		go func() { _ = server.Serve(in) }()
		held, before := measure()

		var lines, ended atomic.Int64
		var ends []func()
		for range viewers {
			near, far := net.Pipe()
			in <- far
			ends = append(ends, func() { _ = near.Close() })
			go func() {
				fmt.Fprintf(near, "GET /stream?of=activity HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n", cookie)
				for text := bufio.NewScanner(near); text.Scan(); {
					if strings.HasPrefix(text.Text(), "event: event") {
						lines.Add(1)
					}
				}
				ended.Add(1)
			}()
		}
		later(2 * times.Write)
		now, goroutines := measure()
		t.Logf("%d viewers hold %d kB and %d goroutines each", viewers, (now-held)>>10/viewers, (goroutines-before)/viewers)
		if now-held > mostBytes {
			t.Errorf("%d bytes", now-held)
		}
		// Each has the two of the server, and here the one that reads it; one more reads the log.
		if got := goroutines - before; got > 3*viewers+1 {
			t.Errorf("%d goroutines", got)
		}
		w.wrote("anna-github-anna-hub", 1, 2)
		later(lookEvery)
		if lines.Load() != viewers || ended.Load() != 0 {
			t.Errorf("%d of %d were told, and %d had ended", lines.Load(), viewers, ended.Load())
		}
		for _, end := range ends {
			end()
		}
		later(beatEvery)
		if _, left := measure(); left > before {
			t.Errorf("%d goroutines are left", left-before)
		}
		_ = server.Close()
	})
}

// measure is what the heap and the stacks hold, and how many goroutines there are.
func measure() (bytes int64, goroutines int) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse), runtime.NumGoroutine()
}

// TestAStopEndsStreams: the server waits for nobody who only watches.
func TestAStopEndsStreams(t *testing.T) {
	w := seeded(t, memory.New())
	b := w.as("")
	server, err := web.Listen(t.Context(), web.Config{Address: "127.0.0.1:0", Handler: w.pages, Log: slog.New(slog.DiscardHandler), Now: w.config.Now, Times: web.DefaultTimes()})
	w.must(err)
	server.Serve()
	var ends []*bufio.Reader
	for _, of := range []string{"activity", "workers"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Addresses()[0]+"/stream?of="+of, nil)
		w.must(err)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		a, err := http.DefaultClient.Do(r)
		w.must(err)
		defer func() { _ = a.Body.Close() }()
		text := bufio.NewReader(a.Body)
		if first, err := text.ReadString('\n'); first != ": it lives\n" {
			t.Fatal(first, err)
		}
		ends = append(ends, text)
	}
	server.Stop(context.Background()) // without an end of its own: it would wait for ever
	for _, text := range ends {
		for {
			if _, err := text.ReadString('\n'); err != nil {
				if err.Error() != "EOF" {
					t.Error(err)
				}
				break
			}
		}
	}
}
