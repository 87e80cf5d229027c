//go:build failpoint && unix

package failpoint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestParse(t *testing.T) {
	got, err := parse("a.b=kill@3; c=error:no space left ;d=sleep:300ms;e=panic;f=stop@1;")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule{
		{name: "a.b", action: "kill", nth: 3},
		{name: "c", action: "error", text: "no space left"},
		{name: "d", action: "sleep", wait: 300 * time.Millisecond},
		{name: "e", action: "panic", text: "injected"},
		{name: "f", action: "stop", nth: 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("parse:\n got %+v\nwant %+v", got, want)
	}
}

func TestBrokenSpecificationFailsEveryHit(t *testing.T) {
	for _, spec := range []string{"a", "=kill", "a=", "a=boom", "a=kill:x", "a=kill@0", "a=kill@x", "a=sleep", "a=sleep:-1s", "a=kill;b"} {
		s := newSet(spec, "")
		if err := s.hit(t.Context(), "unrelated"); err == nil || !strings.Contains(err.Error(), "COLLECTOR_FAILPOINT") {
			t.Errorf("%q: a hit returned %v", spec, err)
		}
	}
}

func TestOnlyTheNthHitActsAndAllAreLogged(t *testing.T) {
	log := filepath.Join(t.TempDir(), "hits")
	s := newSet("save=error:full@2", log)
	var got []bool
	for range 3 {
		got = append(got, s.hit(t.Context(), "save") != nil)
	}
	if err := s.hit(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if want := []bool{false, true, false}; !reflect.DeepEqual(got, want) {
		t.Fatalf("errors at hits %v, want %v", got, want)
	}
	lines, err := os.ReadFile(log)
	if err != nil || string(lines) != "save\nsave\nsave\nother\n" {
		t.Fatalf("log %q, %v", lines, err)
	}
}

func TestWithoutACountEveryHitActs(t *testing.T) {
	s := newSet("save=error:full", "")
	for range 3 {
		if err := s.hit(t.Context(), "save"); err == nil || err.Error() != "failpoint save: full" {
			t.Fatalf("got %v", err)
		}
	}
}

func TestALogThatCannotBeWrittenIsAnError(t *testing.T) {
	if err := newSet("", t.TempDir()).hit(t.Context(), "save"); err == nil {
		t.Fatal("a folder was taken as the log")
	}
}

func TestPanic(t *testing.T) {
	defer func() {
		if got := recover(); got != "failpoint save: injected" {
			t.Fatalf("recovered %v", got)
		}
	}()
	_ = newSet("save=panic", "").hit(t.Context(), "save")
	t.Fatal("no panic")
}

func TestSleepWaitsOrEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSet("save=sleep:300ms", "")
		start := time.Now()
		if err := s.hit(t.Context(), "save"); err != nil || time.Since(start) != 300*time.Millisecond {
			t.Fatalf("slept %v, %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := s.hit(ctx, "save"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a cut sleep returned %v", err)
		}
	})
}

// child runs this test binary again, with spec in force, to the point "save".
func child(t *testing.T, spec string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), "FAILPOINT_CHILD=1", "COLLECTOR_FAILPOINT="+spec)
	return cmd
}

// TestChild is the process that the tests below kill and stop. Run for itself
// it proves that a process without a specification passes the point.
func TestChild(t *testing.T) {
	if err := Hit(t.Context(), "save"); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FAILPOINT_CHILD") != "" {
		os.Exit(7) // passed the point
	}
	if !Enabled {
		t.Fatal("not enabled under the build tag")
	}
}

func TestKillEndsTheProcessAtOnce(t *testing.T) {
	err := child(t, "save=kill").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the child ended with %v", err)
	}
	if ws := exit.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v", exit)
	}
}

func TestStopHoldsTheProcessUntilItIsContinued(t *testing.T) {
	cmd := child(t, "save=stop")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &ws, syscall.WUNTRACED, nil); err != nil || !ws.Stopped() {
		t.Fatalf("the child did not stop: %v, %v", ws, err)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatalf("the continued child ended with %v", err)
	}
}

func TestVitalsAreWritten(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "vitals")
	cmd := child(t, "save=sleep:1h")
	cmd.Env = append(cmd.Env, "COLLECTOR_FAILPOINT_VITALS="+prefix)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(time.Minute); ; {
		text, err := os.ReadFile(fmt.Sprintf("%s.%d", prefix, cmd.Process.Pid))
		var goroutines, heap int
		if _, scan := fmt.Sscanf(string(text), "goroutines %d heap %d\n", &goroutines, &heap); err == nil && scan == nil && goroutines > 1 && heap > 10_000 {
			return
		}
		select {
		case <-end:
			t.Fatalf("%q, %v", text, err)
		case <-tick.C:
		}
	}
}
