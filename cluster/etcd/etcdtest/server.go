// Package etcdtest runs a real etcd for tests: Debian's package etcd-server, on the
// loopback interface, with data of its own. It dies with the test.
package etcdtest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Server is one etcd.
type Server struct {
	Endpoint string // host:port
	Files    Files  // zero: without TLS

	t    testing.TB // nil where no test started it
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

// Files are certificates: whom both sides trust, and one for both of them.
type Files struct{ CA, Cert, Key string }

// Program returns the path of etcd, or an error that says what to install.
func Program() (string, error) {
	path, err := exec.LookPath("etcd")
	if err != nil {
		return "", fmt.Errorf("this needs etcd: apt-get install etcd-server (%w)", err)
	}
	return path, nil
}

// Start makes an etcd with its data in a folder that ends with the test. Without
// the program etcd the test fails: it is not skipped.
func Start(t testing.TB) *Server { return StartTLS(t, Files{}) }

// StartTLS makes an etcd that talks TLS and asks clients for a certificate.
func StartTLS(t testing.TB, files Files) *Server {
	t.Helper()
	s, err := open(t.Context(), t.TempDir(), files)
	if err != nil {
		t.Fatal(err)
	}
	s.t = t
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("etcd said:\n%s", s.log.String())
		}
	})
	s.Run()
	return s
}

// Open makes an etcd with its data in a folder, for what is no test. Whoever opens it
// kills it.
func Open(ctx context.Context, dir string) (*Server, error) {
	s, err := open(ctx, dir, Files{})
	if err != nil {
		return nil, err
	}
	return s, s.run()
}

func open(ctx context.Context, dir string, files Files) (s *Server, err error) {
	s = &Server{dir: dir, Files: files}
	if s.Endpoint, err = free(ctx); err != nil {
		return nil, err
	}
	s.peer, err = free(ctx)
	return s, err
}

// free returns an address of the loopback interface that nobody listens on, with a port
// that no system hands out by itself, which begins at 32,768 or later: a server that was
// killed finds its own again, however many connections others have opened meanwhile.
func free(ctx context.Context) (string, error) {
	var err error
	for range 100 {
		var l net.Listener
		at := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", at); err == nil {
			return at, l.Close()
		}
	}
	return "", fmt.Errorf("looking for a free port: %w", err)
}

// Run starts the server, again after Kill, with the data that are there, and waits
// until it answers.
func (s *Server) Run() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) run() error {
	path, err := Program()
	if err != nil {
		return err
	}
	// The shortest lease that etcd grants is one and a half times its election's
	// time-out: 1 s with these, which are meant for one machine.
	args := []string{
		"--name=test", "--data-dir=" + s.dir, "--unsafe-no-fsync", "--heartbeat-interval=20", "--election-timeout=200",
		"--listen-client-urls=" + s.url(), "--advertise-client-urls=" + s.url(),
		"--listen-peer-urls=http://" + s.peer, "--initial-advertise-peer-urls=http://" + s.peer, "--initial-cluster=test=http://" + s.peer,
	}
	if s.Files.CA != "" {
		args = append(args, "--client-cert-auth", "--trusted-ca-file="+s.Files.CA, "--cert-file="+s.Files.Cert, "--key-file="+s.Files.Key)
	}
	s.cmd = exec.Command(path, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = diesWithParent()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting etcd: %w", err)
	}
	c, err := s.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	give, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for give.Err() == nil {
		call, done := context.WithTimeout(give, 5*time.Second)
		_, err = c.Get(call, "is anybody there")
		done()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("etcd does not answer: %w\n%s", err, s.log.String())
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
	c := s.Client()
	defer c.Close()
	now, err := c.Get(ctx, "x")
	if err != nil {
		return fmt.Errorf("asking etcd for its revision: %w", err)
	}
	_, err = c.Compact(ctx, now.Header.Revision)
	return err
}

func (s *Server) url() string {
	if s.Files.CA != "" {
		return "https://" + s.Endpoint
	}
	return "http://" + s.Endpoint
}

// Client connects to it as an operator would; the caller closes it.
func (s *Server) Client() *clientv3.Client {
	s.t.Helper()
	c, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *Server) connect() (*clientv3.Client, error) {
	conf := clientv3.Config{Endpoints: []string{s.url()}, Logger: zap.NewNop()}
	if s.Files.CA != "" {
		info := transport.TLSInfo{TrustedCAFile: s.Files.CA, CertFile: s.Files.Cert, KeyFile: s.Files.Key}
		var err error
		if conf.TLS, err = info.ClientConfig(); err != nil {
			return nil, fmt.Errorf("reading the certificates of etcd: %w", err)
		}
	}
	c, err := clientv3.New(conf)
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd: %w", err)
	}
	return c, nil
}
