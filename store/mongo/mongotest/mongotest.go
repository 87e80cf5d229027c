// Package mongotest starts MongoDB servers for tests: on the loopback, over data
// in a folder of the test, ended with it. Which program is started says
// scripts/mongod.
package mongotest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Servers are the servers of one deployment.
type Servers struct {
	Members []*Member
	replica string // name of the replica set; "" for a standalone server
	program string
	dir     string
	cache   string // GB of each server
	oplog   string // MB
}

// Member is one server.
type Member struct {
	Port  int
	dir   string
	args  []string
	cmd   *exec.Cmd
	ended chan struct{}
}

// Program returns the path of the server program, or an error that says what to
// install. root is the folder of the repository.
func Program(root string) (string, error) {
	cmd := exec.Command(filepath.Join(root, "scripts", "mongod"))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("this needs a MongoDB server: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// Standalone starts one server that is no member of a replica set.
func Standalone(ctx context.Context, program, dir string) (*Servers, error) {
	s := &Servers{program: program, dir: dir, cache: smallCache}
	return s, s.start(ctx, dir, 1)
}

// Room of servers for tests, of which several may run at once, and of those that
// are measured.
const (
	smallCache, smallOplog = "0.25", "64"
	largeCache, largeOplog = "2", "1024"
)

// Replica starts a replica set of n members and waits for its primary. One
// member is enough for transactions; three survive the death of one.
func Replica(ctx context.Context, program, dir string, n int) (*Servers, error) {
	return replica(ctx, &Servers{program: program, dir: dir, replica: "test", cache: smallCache, oplog: smallOplog}, dir, n)
}

// Large starts a replica set of one member with memory for a million networks.
func Large(ctx context.Context, program, dir string) (*Servers, error) {
	return replica(ctx, &Servers{program: program, dir: dir, replica: "test", cache: largeCache, oplog: largeOplog}, dir, 1)
}

func replica(ctx context.Context, s *Servers, dir string, n int) (*Servers, error) {
	if err := s.start(ctx, dir, n); err != nil {
		return s, err
	}
	var members bson.A
	for i, m := range s.Members {
		members = append(members, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: m.host()}})
	}
	config := bson.D{
		{Key: "_id", Value: s.replica},
		{Key: "members", Value: members},
		{Key: "settings", Value: bson.D{{Key: "electionTimeoutMillis", Value: 2000}, {Key: "heartbeatIntervalMillis", Value: 500}}},
	}
	if err := s.Members[0].Command(ctx, bson.D{{Key: "replSetInitiate", Value: config}}, nil); err != nil {
		return s, fmt.Errorf("making the replica set: %w", err)
	}
	_, err := s.Primary(ctx)
	return s, err
}

func (s *Servers) start(ctx context.Context, dir string, n int) error {
	for i := range n {
		m := &Member{dir: filepath.Join(dir, "member"+strconv.Itoa(i))}
		if err := os.MkdirAll(m.dir, 0o700); err != nil {
			return err
		}
		var err error
		if m.Port, err = freePort(); err != nil {
			return err
		}
		m.args = []string{
			"--dbpath", m.dir, "--port", strconv.Itoa(m.Port), "--bind_ip", "127.0.0.1", "--nounixsocket",
			"--wiredTigerCacheSizeGB", s.cache, "--setParameter", "diagnosticDataCollectionEnabled=false",
			"--setParameter", "enableTestCommands=1", // of failpoints
			"--logpath", m.log(), "--logappend",
		}
		if s.replica != "" {
			m.args = append(m.args, "--replSet", s.replica, "--oplogSize", s.oplog)
		}
		s.Members = append(s.Members, m)
		if err := m.start(s.program); err != nil {
			return err
		}
	}
	for _, m := range s.Members {
		if err := m.answers(ctx); err != nil {
			return err
		}
	}
	return nil
}

// URI is the address of a database on the servers.
func (s *Servers) URI(database string) string {
	var hosts []string
	for _, m := range s.Members {
		hosts = append(hosts, m.host())
	}
	uri := "mongodb://" + strings.Join(hosts, ",") + "/" + database
	if s.replica != "" {
		uri += "?replicaSet=" + s.replica
	}
	return uri
}

// Dir is the folder of the servers' data.
func (s *Servers) Dir() string { return s.dir }

// Primary waits for the member that takes writes.
func (s *Servers) Primary(ctx context.Context) (*Member, error) {
	for {
		for _, m := range s.Members {
			var hello struct{ IsWritablePrimary bool }
			if err := m.Command(ctx, bson.D{{Key: "hello", Value: 1}}, &hello); err == nil && hello.IsWritablePrimary {
				return m, nil
			}
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("waiting for a primary: %w", err)
		}
	}
}

// Stop ends all servers at once.
func (s *Servers) Stop() error {
	var errs []error
	for _, m := range s.Members {
		errs = append(errs, m.Kill())
	}
	return errors.Join(errs...)
}

// Restart starts a member that was killed, over its data.
func (s *Servers) Restart(ctx context.Context, m *Member) error {
	if err := m.start(s.program); err != nil {
		return err
	}
	return m.answers(ctx)
}

// PID is the process of a server that runs.
func (m *Member) PID() int { return m.cmd.Process.Pid }

func (m *Member) host() string { return "127.0.0.1:" + strconv.Itoa(m.Port) }

func (m *Member) log() string { return filepath.Join(m.dir, "mongod.log") }

func (m *Member) start(program string) error {
	m.cmd = exec.Command(program, m.args...)
	m.cmd.SysProcAttr = dieWithParent()
	if err := m.cmd.Start(); err != nil {
		return err
	}
	m.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait() // how it ended stands in its log
		close(ended)
	}(m.cmd, m.ended)
	return nil
}

// Kill ends the server as a power failure does.
func (m *Member) Kill() error {
	if !m.running() {
		return nil
	}
	err := m.cmd.Process.Kill()
	<-m.ended
	return err
}

func (m *Member) running() bool {
	if m.cmd == nil || m.ended == nil {
		return false
	}
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// Command runs a command of the database admin on this member alone.
func (m *Member) Command(ctx context.Context, command bson.D, into any) error {
	if !m.running() {
		return fmt.Errorf("the server at %s does not run", m.host())
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + m.host() + "/?directConnection=true").SetServerSelectionTimeout(3 * time.Second))
	if err != nil {
		return err
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	result := client.Database("admin").RunCommand(ctx, command)
	if into == nil {
		return result.Err()
	}
	return result.Decode(into)
}

// answers waits until the server takes connections.
func (m *Member) answers(ctx context.Context) error {
	for {
		c, err := net.DialTimeout("tcp", m.host(), time.Second)
		if err == nil {
			return c.Close()
		}
		if !m.running() {
			log, _ := os.ReadFile(m.log())
			return fmt.Errorf("the server at %s ended: %s", m.host(), log[max(0, len(log)-2000):])
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("waiting for the server at %s: %w", m.host(), err)
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
