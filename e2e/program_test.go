//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the built binary with a store and an environment of its own.
type program struct {
	bin, folder, store string
	env                []string // beside PATH and HOME
}

// build compiles the program as `make build` does.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "collector")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", bin, "../cmd/collector")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return bin
}

// install gives a binary an empty folder for its store. Settings are KEY=value.
func install(t *testing.T, bin string, settings ...string) *program {
	t.Helper()
	folder := t.TempDir()
	return &program{bin: bin, folder: folder, store: "sqlite:" + filepath.Join(folder, "likes.db"), env: settings}
}

// fromPyPI installs the packages of a folder and returns that of their virtual environment.
func fromPyPI(t *testing.T, folder string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "python.sh", folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("installing the packages of %s: %v", folder, err)
	}
	return strings.TrimSpace(string(out))
}

func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.bin, append([]string{"--store=" + p.store}, args...)...)
	cmd.Dir = p.folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.folder, "NO_COLOR=1"}, p.env...)
	return cmd
}

// result is how a command ended.
type result struct {
	out, talk string // standard output and standard error
	code      int
}

// run runs one command to its end.
func (p *program) run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := p.command(args...)
	var out, talk bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &talk
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("collector %s: %v", strings.Join(args, " "), err)
	}
	return result{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed.
func (p *program) must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := p.run(t, stdin, args...)
	if r.code != 0 {
		t.Fatalf("collector %s ended with %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.talk)
	}
	return r.out
}

// daemon is a running collector.
type daemon struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	log bytes.Buffer
}

func (d *daemon) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(b)
}

func (d *daemon) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// start starts the daemon. It ends with the test, whatever happens.
func (p *program) start(t *testing.T, args ...string) *daemon {
	t.Helper()
	return start(t, p.command(args...))
}

// start starts a command that goes on. It ends with the test, whatever happens.
func start(t *testing.T, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{cmd: cmd}
	d.cmd.Stdout, d.cmd.Stderr = d, d
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("the daemon's last words:\n%s", tail(d.text(), 60))
		}
	})
	return d
}

// kill ends the daemon as a power cut does and waits until it is gone.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// stop asks the daemon to end and returns its exit code.
func (d *daemon) stop(t *testing.T) int {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	over := time.AfterFunc(patience, func() { _ = d.cmd.Process.Kill() })
	defer over.Stop()
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.ExitCode()
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// line is one exported item.
type line struct {
	User, Service, Network, Account string
	ID, URL, Title, Text, Kind      string
	Author                          struct{ Name, URL string }
	CreatedAt, LikedAt, RemovedAt   *time.Time
	LikedAtSource                   string
	FirstSeenAt                     time.Time
}

// export returns everything that the store holds.
func (p *program) export(t *testing.T) []line {
	t.Helper()
	var out []line
	lines := bufio.NewScanner(strings.NewReader(p.must(t, "", "export", "--format", "jsonl")))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("an exported line is not JSON: %v\n%s", err, lines.Text())
		}
		out = append(out, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// patience is how long a test waits for what must come, on a machine with little to spare.
const patience = 5 * time.Minute

// eventually asks until the answer is "", and fails with the last answer when
// it loses its patience.
func eventually(t *testing.T, what string, ask func() string) {
	t.Helper()
	over := time.NewTimer(patience)
	defer over.Stop()
	again := time.NewTicker(150 * time.Millisecond)
	defer again.Stop()
	for {
		missing := ask()
		if missing == "" {
			return
		}
		select {
		case <-over.C:
			t.Fatalf("%s: not within %s: %s", what, patience, missing)
		case <-t.Context().Done():
			t.Fatalf("%s: the test ended: %s", what, missing)
		case <-again.C:
		}
	}
}
