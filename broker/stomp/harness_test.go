package stomp

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp/frame"
	"collector/queue"
	queuememory "collector/queue/memory"
)

// gate is a store of jobs that can be held: while it is, nothing is stored.
type gate struct {
	queue.Store
	mu   sync.Mutex
	held chan struct{} // nil: open
	adds []int         // how many jobs each call added
}

func (g *gate) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	g.mu.Lock()
	held := g.held
	g.adds = append(g.adds, len(jobs))
	g.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return g.Store.Add(ctx, now, mark, jobs)
}

func (g *gate) hold() (release func()) {
	held := make(chan struct{})
	g.mu.Lock()
	g.held, g.adds = held, nil
	g.mu.Unlock()
	return g.release
}

// release lets everything through again.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held != nil {
		close(g.held)
		g.held = nil
	}
}

// world is a server over a broker in memory.
type world struct {
	t      *testing.T
	jobs   *gate
	broker *broker.Broker
	server *Server
	ctx    context.Context
	stop   context.CancelFunc
}

func newWorld(t *testing.T, o Options) *world {
	w := &world{t: t, jobs: &gate{Store: queuememory.New()}}
	w.broker = broker.New(w.jobs, brokermemory.New(), broker.Options{Owner: "test"})
	w.server = New(w.broker, o)
	w.ctx, w.stop = context.WithCancel(t.Context())
	return w
}

// close stops the server, whose sessions end, and then the broker.
func (w *world) close() {
	w.stop()
	w.jobs.release()
	w.server.work.Wait()
	if err := w.broker.Close(context.WithoutCancel(w.ctx)); err != nil {
		w.t.Error(err)
	}
}

// within runs a test in virtual time over a world of its own.
func within(t *testing.T, o Options, fn func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o)
		defer w.close()
		fn(t, w)
	})
}

// client is the other side of a session. It takes what comes at once, unless it is
// made by raw.
type client struct {
	t      *testing.T
	conn   net.Conn
	frames chan frame.Frame
	beats  chan time.Time
}

// raw opens a connection whose other end the test reads itself, or does not.
func (w *world) raw() net.Conn {
	here, there := net.Pipe()
	w.server.begin(w.ctx, there)
	return here
}

// dial opens a connection that is not logged in.
func (w *world) dial() *client {
	here, there := net.Pipe()
	c := &client{t: w.t, conn: here, frames: make(chan frame.Frame, 10_000), beats: make(chan time.Time, 10_000)}
	go c.read()
	w.server.begin(w.ctx, there)
	return c
}

func (c *client) read() {
	defer close(c.frames)
	in := frame.NewDecoder(frame.Defaults())
	for {
		n, err := in.Fill(c.conn)
		for {
			f, bad := in.Next()
			if bad != nil {
				c.t.Error(bad)
				return
			}
			if f == nil {
				break
			}
			if f.Command == frame.Connected {
				for _, v := range []frame.Version{frame.V10, frame.V11, frame.V12} {
					if v.String() == f.Value("version") {
						in.Speak(v, frame.Defaults())
					}
				}
			}
			n = 0
			c.frames <- *f
		}
		if n == 1 {
			c.beats <- time.Now()
		}
		if err != nil {
			return
		}
	}
}

// say writes frames; ^ stands for NUL.
func (c *client) say(frames ...string) {
	c.t.Helper()
	text := strings.ReplaceAll(strings.Join(frames, ""), "^", "\x00")
	if _, err := io.WriteString(c.conn, text); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		c.t.Fatal(err)
	}
}

// want returns the next frame, which must be of that command and have the headers
// "name:value".
func (c *client) want(command string, headers ...string) frame.Frame {
	c.t.Helper()
	var f frame.Frame
	select {
	case next, ok := <-c.frames:
		if !ok {
			c.t.Fatalf("the connection ended, want %s %q", command, headers)
		}
		f = next
	case <-time.After(5 * time.Minute):
		c.t.Fatalf("nothing came, want %s %q", command, headers)
	}
	if f.Command != command {
		c.t.Fatalf("%s %q %q came, want %s %q", f.Command, f.Headers, f.Body, command, headers)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		if got, ok := f.Get(name); !ok || got != value {
			c.t.Fatalf("%s has %s %q, want %q", f.Command, name, got, value)
		}
	}
	return f
}

// message wants a MESSAGE with that body.
func (c *client) message(body string, headers ...string) frame.Frame {
	c.t.Helper()
	f := c.want(frame.Message, headers...)
	if string(f.Body) != body {
		c.t.Fatalf("message %q came, want %q", f.Body, body)
	}
	return f
}

// refused wants an ERROR that says something, and the end of the connection.
func (c *client) refused(message string, words ...string) frame.Frame {
	c.t.Helper()
	f := c.want(frame.Error, "message:"+message)
	for _, word := range words {
		if !strings.Contains(string(f.Body), word) {
			c.t.Fatalf("the ERROR says %q, want %q", f.Body, word)
		}
	}
	c.ended()
	return f
}

// ended wants the end of the connection and nothing before it.
func (c *client) ended() {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if ok {
			c.t.Fatalf("%s %q %q came, want the end", f.Command, f.Headers, f.Body)
		}
	case <-time.After(5 * time.Minute):
		c.t.Fatal("the connection was not ended")
	}
}

// quiet wants no frame although everything that can be done at once has been.
func (c *client) quiet() {
	c.t.Helper()
	time.Sleep(10 * time.Millisecond)
	synctest.Wait()
	select {
	case f, ok := <-c.frames:
		c.t.Fatalf("%s %q %q came (%v), want nothing", f.Command, f.Headers, f.Body, ok)
	default:
	}
}

// connect opens a session of a version.
func (w *world) connect(version string, headers ...string) *client {
	w.t.Helper()
	c := w.dial()
	lines := ""
	for _, h := range headers {
		lines += h + "\n"
	}
	c.say("CONNECT\naccept-version:" + version + "\nhost:any\n" + lines + "\n^")
	c.want(frame.Connected, "version:"+version)
	return c
}

var everyVersion = []string{"1.0", "1.1", "1.2"}
