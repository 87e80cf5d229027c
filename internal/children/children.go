// Package children starts the binary of a test once more, as another process with a role of
// its own, for tests of what processes do to each other and of what a kill leaves.
package children

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// variable tells a test binary its role, a word a line. It is no setting of the program.
const variable = "COLLECTOR_TEST_CHILD"

// Role is what this process is to play; nil where it is the test itself. Whoever has one
// ends with the test that started it, however that ends.
func Role() []string {
	text, is := os.LookupEnv(variable)
	if !is {
		return nil
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // nothing comes until the test is gone
		os.Exit(1)
	}()
	return strings.Split(text, "\n")
}

// Code is the exit code of a process that played its role. An error is the last line that
// it says.
func Code(err error) int {
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// Start starts a process in a role. Its lines come on the channel, which ends with it. It
// is killed when the test has ended. env is added to the environment (KEY=value).
func Start(t *testing.T, role []string, env ...string) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd, _, lines := start(t, role, env)
	return cmd, lines
}

// start is Start; tie is closed when this process dies.
func start(t *testing.T, role, env []string) (cmd *exec.Cmd, tie io.Closer, said <-chan string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self)
	cmd.Env = append(append(os.Environ(), env...), variable+"="+strings.Join(role, "\n"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if tie, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // most have ended
	lines := make(chan string, 10_000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return cmd, tie, lines
}
