package mongotest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Member is one server.
type Member struct {
	Port    int    // at which it listens
	Address string // at which clients and the other members reach it, HOST:PORT
	dir     string
	args    []string
	cmd     *exec.Cmd
	ended   chan struct{}
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

// Opened tells by what was sent first over a connection whether this server opened
// it, and not a client or another member: a server that takes commands for tests
// names its port in its first hello.
func (m *Member) Opened(first []byte) bool {
	_, info, found := bytes.Cut(first, []byte("\x02hostInfo\x00")) // BSON: a text, its name, its length, itself
	if !found || len(info) < 4 {
		return false
	}
	name, _, _ := bytes.Cut(info[4:], []byte{0})
	return bytes.HasSuffix(name, []byte(":"+strconv.Itoa(m.Port)))
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

// commandMost is how long a command may take.
const commandMost = 30 * time.Second

// Command runs a command of the database admin on this member alone. A member that has
// only just started, or shares two processors with a dozen others, may take a while.
func (m *Member) Command(ctx context.Context, command bson.D, into any) error {
	if !m.running() {
		return fmt.Errorf("the server at %s does not run", m.host())
	}
	ctx, cancel := context.WithTimeout(ctx, commandMost)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + m.host() + "/?directConnection=true").SetServerSelectionTimeout(commandMost))
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

// primary says whether the member takes writes. One that does not say soon is passed
// over for now: another may have been elected.
func (m *Member) primary(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var hello struct{ IsWritablePrimary bool }
	err := m.Command(ctx, bson.D{{Key: "hello", Value: 1}}, &hello)
	return err == nil && hello.IsWritablePrimary
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

// freePort is one that nobody listens at, and that no system hands out by itself, which
// begins at 32,768 or later: a server that was killed finds its own again, however many
// connections others have opened meanwhile.
func freePort() (int, error) {
	var err error
	for range 100 {
		var l net.Listener
		port := 10_000 + rand.IntN(20_000)
		if l, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("looking for a free port: %w", err)
}
