package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"collector/state"
)

// TestWhoHoldsTheFile waits in vain for a process that is in the middle of writing,
// is stopped there, and ends: the error names it, and what helps.
func TestWhoHoldsTheFile(t *testing.T) {
	path := file(t)
	s := open(t, path)
	child, says := spawn(t, "hold", path, "other")
	if line := <-says; line != "held" {
		t.Fatalf("the other process: %s", line)
	}
	who := fmt.Sprintf("process %d (", child.Process.Pid)
	refused := func(want string) {
		t.Helper()
		err := inVain(t, s)
		if !errors.Is(err, state.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want one that the store is not available", err)
		}
		if err == nil || !strings.Contains(err.Error(), who) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q and %q", err, who, want)
		}
	}
	refused("wait for it or end it")
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus // a child that is stopped is told to its parent
	if _, err := syscall.Wait4(child.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("stopping the other process: %v, %v", status, err)
	}
	refused(fmt.Sprintf("is stopped; let it go on (kill -CONT %d) or end it", child.Process.Pid))
	if err := errors.Join(child.Process.Kill(), s.SetMeta(t.Context(), "x", "written")); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
