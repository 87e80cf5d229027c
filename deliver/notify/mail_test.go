package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"collector/fetch"
)

// mailServer takes mail, one connection after the other, and refuses sign-ins with the
// code that is given. A silent one says nothing at all. It returns its address and what
// it was told.
func mailServer(t *testing.T, refuses string, silent bool) (string, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	told := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if silent {
				t.Cleanup(func() { c.Close() })
				continue
			}
			told <- converse(c, refuses)
		}
	}()
	return l.Addr().String(), told
}

// converse is one session, as RFC 5321 has it.
func converse(c net.Conn, refuses string) string {
	defer c.Close()
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	say("220 mail.example")
	var all strings.Builder
	data := false
	for in := bufio.NewScanner(c); in.Scan(); {
		line := in.Text()
		fmt.Fprintln(&all, line)
		word, _, _ := strings.Cut(line, " ")
		switch {
		case data && line == ".":
			data = false
			say("250 taken")
		case data:
		case word == "EHLO":
			say("250-mail.example\r\n250 AUTH PLAIN")
		case word == "AUTH" && refuses != "":
			say(refuses + " c4face is wrong")
		case word == "AUTH":
			say("235 welcome")
		case word == "DATA":
			data = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return all.String()
		default:
			say("250 ok")
		}
	}
	return all.String()
}

// TestMail: a server on this machine is handed the mail once that is allowed; what it
// refuses is somebody's fault.
func TestMail(t *testing.T) {
	for refuses, want := range map[string]string{"": "", "535": "you: 535", "454": "the service: 454", "550": "you: 550"} {
		host, told := mailServer(t, refuses, false)
		a := example(t, "smtp://me:c4face@"+host+"/?from=me@mail.example&to=you@mail.example&usestarttls=no")
		if f, ok := errors.AsType[*Failure](sender(t, fetch.Config{}).Send(t.Context(), a, hello)); !ok || f.Whose != "you" || !strings.Contains(f.Next, "COLLECTOR_ALLOW_PRIVATE") {
			t.Errorf("not allowed: %v", f)
		}
		err := sender(t, fetch.Config{AllowPrivate: []string{host}}).Send(t.Context(), a, hello)
		whose, code, _ := strings.Cut(want, ": ")
		if f, ok := errors.AsType[*Failure](err); ok != (want != "") || ok && (f.Whose != whose || !strings.Contains(f.Reason, code) || strings.Contains(f.Reason, secret)) {
			t.Errorf("%s: %+v", refuses, f)
		}
		if want != "" {
			continue
		}
		if mail := <-told; !strings.Contains(mail, "Subject: collector: hello") || !strings.Contains(mail, "github/octo needs you.") || !strings.Contains(mail, "RCPT TO:<you@mail.example>") {
			t.Errorf("the mail: %s", mail)
		}
		select {
		case more := <-told:
			t.Errorf("the one that was not allowed arrived: %s", more)
		default:
		}
	}
}

// TestSilentMailServer: the library cannot be stopped; nobody waits for it all the same,
// and there is one that hangs at most.
func TestSilentMailServer(t *testing.T) {
	host, _ := mailServer(t, "", true)
	a := example(t, "smtp://me:c4face@"+host+"/?from=me@mail.example&to=you@mail.example")
	s := sender(t, fetch.Config{AllowPrivate: []string{host}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, a, hello); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if f, ok := errors.AsType[*Failure](s.Send(t.Context(), a, hello)); !ok || !strings.Contains(f.Reason, "has not answered the last message") {
		t.Errorf("while it hangs: %v", f)
	}
}
