package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"collector/simulate"
)

// openTerminal makes a pseudo-terminal: what a person sees and types, and the
// end that the program gets.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close(); program.Close() })
	return person, program
}

// session is a program at a terminal.
type session struct {
	person *os.File
	seen   *stream
	code   chan int
}

func atTerminal(t *testing.T, env map[string]string, args ...string) *session {
	t.Helper()
	person, tty := openTerminal(t)
	list := []string{"LANG=C.UTF-8", "TERM=xterm"}
	for k, v := range env {
		t.Setenv(k, v)
		list = append(list, k+"="+v)
	}
	s := &session{person, newStream(), make(chan int, 1)}
	go func() { s.code <- run(t.Context(), args, list, tty, tty, tty) }()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := person.Read(buf)
			s.seen.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *session) answer(t *testing.T, question, text string) {
	t.Helper()
	s.seen.await(t, question, patience)
	if _, err := s.person.WriteString(text + "\r"); err != nil {
		t.Fatal(err)
	}
}

// end waits for the program and for what it wrote last.
func (s *session) end(t *testing.T, last string) int {
	t.Helper()
	code := <-s.code
	s.seen.await(t, last, patience)
	return code
}

// TestTokenIsAskedForAndNotShown at a terminal.
func TestTokenIsAskedForAndNotShown(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 250}, simulate.Spec{Service: simulate.Bluesky, Name: "ada", Likes: 3})
	s := atTerminal(t, env, "connect", "github")
	s.answer(t, "Token (not shown): ", acc[0].Tokens[0])
	if code := s.end(t, "will be collected"); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"✓ It is the sign-in of octocat", "stars readable, on 4 pages = 4 of 5,000 calls in an hour"} {
		s.seen.await(t, want, patience)
	}
	if strings.Contains(s.seen.String(), acc[0].Tokens[0]) {
		t.Errorf("the token is shown: %s", s.seen)
	}
	env["GITHUB_TOKEN"] = acc[0].Tokens[0]
	s = atTerminal(t, env, "connect", "github")
	s.answer(t, "Use the token in $GITHUB_TOKEN?", "y")
	if code := s.end(t, "signed in again"); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.seen)
	}
	s = atTerminal(t, env, "connect", "bluesky")
	var app struct{ Identifier, AppPassword string }
	if err := json.Unmarshal([]byte(acc[1].Tokens[0]), &app); err != nil {
		t.Fatal(err)
	}
	s.answer(t, "Handle or address: ", app.Identifier)
	s.answer(t, "App password (not shown): ", app.AppPassword)
	if code := s.end(t, "will be collected"); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.seen)
	}
	s = atTerminal(t, env, "connect", "bluesky", "--no-input")
	if code := s.end(t, "no token was given"); code != exitUsage {
		t.Errorf("--no-input ends with %d: %s", code, s.seen)
	}
}

// TestLeavingAQuestionChangesNothing with Ctrl-C or a no.
func TestLeavingAQuestionChangesNothing(t *testing.T) {
	inFolder(t)
	connected(t)
	before := fingerprint(t)
	for _, key := range []string{"\x03", "\x04", "n", "", "maybe"} {
		s := atTerminal(t, nil, "users", "purge", "me")
		s.answer(t, "[y/N]: ", key)
		if code := s.end(t, "error: nothing was"); code != exitInterrupted {
			t.Errorf("%q ends with %d", key, code)
		}
		unchanged(t, before, fingerprint(t))
	}
}

// TestNoCommandAsksTheTerminal: some libraries send queries to the terminal as
// soon as they are linked in, and wait seconds for one that does not answer.
func TestNoCommandAsksTheTerminal(t *testing.T) {
	inFolder(t)
	s := atTerminal(t, nil, "version")
	if code := s.end(t, "collector "); code != exitOK || strings.Contains(s.seen.String(), "\x1b") {
		t.Errorf("version: %d %q", code, s.seen)
	}
}

// TestProgressAtTheTerminal is one line that is drawn again and again.
func TestProgressAtTheTerminal(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 1200})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	sim.SetLatency(300*time.Millisecond, 0)
	s := atTerminal(t, env, "--once")
	if code := s.end(t, "done in"); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"mode: both", "\r\x1b[K[00:0", "/13 pages", "ETA "} {
		if !strings.Contains(s.seen.String(), want) {
			t.Errorf("no %q in %q", want, s.seen)
		}
	}
}
