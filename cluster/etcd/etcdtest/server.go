// Package etcdtest runs a real etcd for tests: Debian's package etcd-server, on the
// loopback interface, with data of its own. It dies with the test.
package etcdtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Server is one etcd.
type Server struct {
	Endpoint string // host:port

	t    testing.TB
	dir  string
	peer string
	log  lockedBuffer
	cmd  *exec.Cmd
}

// lockedBuffer keeps what etcd says for a test that fails.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start makes an etcd with its data in a folder that ends with the test. Without
// the program etcd the test fails: it is not skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), Endpoint: free(t), peer: free(t)}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("etcd said:\n%s", s.log.String())
		}
	})
	s.Run()
	return s
}

// free returns an address of the loopback interface that nobody listens on.
func free(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Run starts the server, again after Kill, with the data that are there, and waits
// until it answers.
func (s *Server) Run() {
	s.t.Helper()
	path, err := exec.LookPath("etcd")
	if err != nil {
		s.t.Fatalf("these tests need etcd: apt-get install etcd-server (%v)", err)
	}
	// The shortest lease that etcd grants is one and a half times its election's
	// time-out: 1 s with these, which are meant for one machine.
	s.cmd = exec.Command(path, "--name=test", "--data-dir="+s.dir, "--unsafe-no-fsync",
		"--heartbeat-interval=20", "--election-timeout=200",
		"--listen-client-urls=http://"+s.Endpoint, "--advertise-client-urls=http://"+s.Endpoint,
		"--listen-peer-urls=http://"+s.peer, "--initial-advertise-peer-urls=http://"+s.peer,
		"--initial-cluster=test=http://"+s.peer)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = diesWithParent()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("starting etcd: %v", err)
	}
	c := s.client()
	defer c.Close()
	give, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for give.Err() == nil {
		call, done := context.WithTimeout(give, time.Second)
		_, err = c.Get(call, "is anybody there")
		done()
		if err == nil {
			return
		}
	}
	s.t.Fatalf("etcd does not answer: %v\n%s", err, s.log.String())
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Compact has it forget all changes that were.
func (s *Server) Compact(ctx context.Context) error {
	c := s.client()
	defer c.Close()
	now, err := c.Get(ctx, "x")
	if err != nil {
		return fmt.Errorf("asking etcd for its revision: %w", err)
	}
	_, err = c.Compact(ctx, now.Header.Revision)
	return err
}

func (s *Server) client() *clientv3.Client {
	s.t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{"http://" + s.Endpoint}, Logger: zap.NewNop()})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}
