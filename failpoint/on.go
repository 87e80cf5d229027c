//go:build failpoint && unix

package failpoint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Enabled says whether this program was built with fault points.
const Enabled = true

// points is the process's one set of fault points: Hit is called from places
// that share nothing else, and the environment is the process's too.
var points = sync.OnceValue(func() *set {
	if prefix := os.Getenv("COLLECTOR_FAILPOINT_VITALS"); prefix != "" {
		go tellVitals(prefix)
	}
	return newSet(os.Getenv("COLLECTOR_FAILPOINT"), os.Getenv("COLLECTOR_FAILPOINT_LOG"))
})

// Hit records that the point name was reached and does what the environment
// asks for it. It returns the injected error, the context's error when a sleep
// was cut short, or nil.
func Hit(ctx context.Context, name string) error { return points().hit(ctx, name) }

type set struct {
	mu      sync.Mutex
	rules   []rule
	count   map[string]int
	logFile string
	broken  error
}

func newSet(spec, logFile string) *set {
	rules, err := parse(spec)
	return &set{rules: rules, count: map[string]int{}, logFile: logFile, broken: err}
}

func (s *set) hit(ctx context.Context, name string) error {
	due, err := s.record(name)
	if err != nil {
		return err
	}
	for _, r := range due {
		if err := r.act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// record counts the hit, logs it, and returns the rules that it triggers.
func (s *set) record(name string) ([]rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil, s.broken
	}
	s.count[name]++
	if err := s.log(name); err != nil {
		return nil, err
	}
	var due []rule
	for _, r := range s.rules {
		if r.name == name && (r.nth == 0 || r.nth == s.count[name]) {
			due = append(due, r)
		}
	}
	return due, nil
}

// log appends one line in one write, so that several processes may share the file.
func (s *set) log(name string) error {
	if s.logFile == "" {
		return nil
	}
	f, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("failpoint: opening the log: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteString(name + "\n"); err != nil {
		return fmt.Errorf("failpoint: writing the log: %w", err)
	}
	return nil
}

func (r rule) act(ctx context.Context) error {
	switch r.action {
	case "kill":
		return signalSelf(syscall.SIGKILL)
	case "stop":
		// The kernel may stop another thread a moment before this one: wait,
		// so that nothing after the point runs before the stop.
		return errors.Join(signalSelf(syscall.SIGSTOP), pause(ctx, 20*time.Millisecond))
	case "panic":
		panic("failpoint " + r.name + ": " + r.text)
	case "sleep":
		return pause(ctx, r.wait)
	default: // parse lets nothing else through
		return fmt.Errorf("failpoint %s: %s", r.name, r.text)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func signalSelf(sig syscall.Signal) error {
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		return fmt.Errorf("failpoint: sending %v to this process: %w", sig, err)
	}
	return nil
}
