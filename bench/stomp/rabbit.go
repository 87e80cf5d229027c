package stomp

import (
	"bytes"
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

	"collector/bench/process"
	"collector/broker/stomp/stomptest"
)

// errNoRabbit says what to install.
var errNoRabbit = errors.New("RabbitMQ is not on this machine (Debian: apt-get install rabbitmq-server)")

// rabbit is a node of RabbitMQ with the STOMP plugin, on the loopback.
type rabbit struct {
	address string
	server  string // name/version
	dir     string
	names   *exec.Cmd // epmd, the name server of Erlang nodes
	node    *exec.Cmd
	ended   chan error
	talk    bytes.Buffer
}

// login are the headers of CONNECT for a node as it comes.
func (*rabbit) login() []string { return []string{"host:/", "login:guest", "passcode:guest"} }

// rabbitProgram finds the server. Debian's own script at /usr/sbin changes the user, which
// needs root and its own folders; the one behind it does not.
func rabbitProgram() (string, error) {
	const debian = "/usr/lib/rabbitmq/bin/rabbitmq-server"
	if _, err := os.Stat(debian); err == nil {
		return debian, nil
	}
	path, err := exec.LookPath("rabbitmq-server")
	if err != nil {
		return "", errNoRabbit
	}
	return path, nil
}

// startRabbit starts a node over an empty folder, or returns errNoRabbit. The caller stops it.
func startRabbit(ctx context.Context, dir string) (*rabbit, error) {
	program, err := rabbitProgram()
	if err != nil {
		return nil, err
	}
	names, err := exec.LookPath("epmd")
	if err != nil {
		return nil, fmt.Errorf("%w, nor is its epmd", errNoRabbit)
	}
	m := &rabbit{dir: dir, ended: make(chan error, 1)}
	if err := m.start(ctx, program, names); err != nil {
		stopped := m.stop() // nothing writes to its talk any more
		return nil, errors.Join(fmt.Errorf("starting RabbitMQ: %w\n%s", err, &m.talk), stopped)
	}
	return m, nil
}

func (m *rabbit) start(ctx context.Context, program, names string) error {
	ports, err := freePorts(3) // of STOMP, of the node for other nodes, of epmd
	if err != nil {
		return err
	}
	m.address = "127.0.0.1:" + ports[0]
	for name, text := range map[string]string{
		"rabbitmq.conf":   "listeners.tcp = none\nstomp.listeners.tcp.1 = " + m.address + "\n",
		"enabled_plugins": "[rabbitmq_stomp].\n",
	} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	at := func(name string) string { return filepath.Join(m.dir, name) }
	env := append(os.Environ(),
		"HOME="+m.dir, "ERL_EPMD_PORT="+ports[2], "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=bench@localhost", "RABBITMQ_DIST_PORT="+ports[1], "RABBITMQ_PID_FILE="+m.pidFile(),
		"RABBITMQ_CONFIG_FILE="+at("rabbitmq.conf"), "RABBITMQ_ENABLED_PLUGINS_FILE="+at("enabled_plugins"), "RABBITMQ_CONF_ENV_FILE="+at("none"),
		"RABBITMQ_MNESIA_BASE="+at("data"), "RABBITMQ_LOG_BASE="+at("log"), "RABBITMQ_GENERATED_CONFIG_DIR="+at("config"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}")
	m.names = exec.Command(names, "-port", ports[2], "-address", "127.0.0.1")
	m.node = exec.Command(program)
	m.node.Stdout, m.node.Stderr, m.node.WaitDelay = &m.talk, &m.talk, 10*time.Second
	for _, cmd := range []*exec.Cmd{m.names, m.node} {
		cmd.Env, cmd.Dir = env, m.dir
	}
	return m.await(ctx)
}

// freePorts finds ports of the loopback that nobody listens at.
func freePorts(n int) (ports []string, err error) {
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close() // held until all are known, so that they differ
		ports = append(ports, strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// await starts both and waits until the node takes logins.
func (m *rabbit) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*time.Minute, errors.New("it did not take logins within 3 minutes"))
	defer cancel()
	if err := m.names.Start(); err != nil {
		return err
	}
	if err := m.node.Start(); err != nil {
		return err
	}
	go func() { m.ended <- m.node.Wait() }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-m.ended:
			m.ended <- err // stop waits for it too
			return fmt.Errorf("it ended by itself: %v", err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		c, err := stomptest.Dial(ctx, m.address, m.login()...)
		if err == nil {
			m.server = c.Server
			return c.Close()
		}
	}
}

func (m *rabbit) pidFile() string { return filepath.Join(m.dir, "pid") }

// pid is the process of the node, which a script has started.
func (m *rabbit) pid() (int, error) {
	text, err := os.ReadFile(m.pidFile())
	if err != nil {
		return 0, fmt.Errorf("looking for the process of RabbitMQ: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// cpu is the CPU time of the node so far.
func (m *rabbit) cpu() (time.Duration, error) {
	pid, err := m.pid()
	if err != nil {
		return 0, err
	}
	return process.CPU(pid)
}

// stop ends the node and its name server at once: nobody wants their data any more.
func (m *rabbit) stop() error {
	var errs []error
	if m.node != nil && m.node.Process != nil {
		pid, err := m.pid()
		if err != nil { // it had not come so far
			pid = m.node.Process.Pid
		}
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill() // or it has ended
		}
		<-m.ended // its script ends with it; that it was killed is what is wanted
	}
	if m.names != nil && m.names.Process != nil {
		errs = append(errs, m.names.Process.Kill())
		_ = m.names.Wait() // it was killed
	}
	return errors.Join(errs...)
}
