package stomp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"collector/broker/stomp/frame"
)

const usersFile = `
# name password rights
ada   c4nary-one
door  c4nary-two  send=/queue/visits  subscribe=/topic/*

shut  c4nary-three  subscribe=/queue/none
`

func TestParseUsers(t *testing.T) {
	users, err := ParseUsers(usersFile)
	if err != nil || len(users) != 3 {
		t.Fatal(users, err)
	}
	for text, want := range map[string]string{
		"":                         "no user",
		"# nobody":                 "no user",
		"ada c4nary\nada c4nary":   "line 2",
		"c4nary":                   "line 1",
		"ada c4nary read=/queue/a": "send= or subscribe=",
		"ada c4nary send=queue/a":  "/queue/visits",
		"ada c4nary /queue/a":      "line 1",
		"ada c4nary " + strings.Repeat("x", 1<<17): "too long",
	} {
		if _, err := ParseUsers(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c4nary") {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	for _, wrong := range [][2]string{{"ada", "c4nary-two"}, {"nobody", "c4nary-one"}, {"", ""}, {"nobody", ""}, {"ada", ""}} {
		if _, err := users.Login(t.Context(), wrong[0], wrong[1]); !errors.Is(err, ErrLogin) {
			t.Errorf("%q is let in: %v", wrong, err)
		}
	}
}

func TestRights(t *testing.T) {
	users, err := ParseUsers(usersFile)
	if err != nil {
		t.Fatal(err)
	}
	within(t, Options{Login: users.Login}, func(t *testing.T, w *world) {
		for _, c := range []struct {
			user, password, frame string
			allowed               bool
		}{
			{"ada", "c4nary-one", "SEND\ndestination:/queue/any\nreceipt:1\n\nx^", true},
			{"ada", "c4nary-one", "SUBSCRIBE\nid:1\ndestination:/topic/any\nreceipt:1\n\n^", true},
			{"door", "c4nary-two", "SEND\ndestination:/queue/visits\nreceipt:1\n\nx^", true},
			{"door", "c4nary-two", "SEND\ndestination:/queue/visits2\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/topic/a\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/Visits\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/visits.\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/visits/\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/visits/../jobs\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/*\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SEND\ndestination:/queue/jobs\ndestination:/queue/visits\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SUBSCRIBE\nid:1\ndestination:/queue/topic/\nreceipt:1\n\n^", false},
			{"door", "c4nary-two", "BEGIN\ntransaction:t\n\n^SEND\ndestination:/topic/a\ntransaction:t\nreceipt:1\n\nx^", false},
			{"door", "c4nary-two", "SUBSCRIBE\nid:1\ndestination:/topic/a\nreceipt:1\n\n^", true},
			{"door", "c4nary-two", "SUBSCRIBE\nid:1\ndestination:/queue/visits\nreceipt:1\n\n^", false},
			{"shut", "c4nary-three", "SEND\ndestination:/queue/none\nreceipt:1\n\nx^", false},
		} {
			client := w.connect("1.2", "login:"+c.user, "passcode:"+c.password)
			client.say(c.frame)
			if c.allowed {
				client.want(frame.Receipt)
			} else {
				client.refused("not allowed", "may not")
			}
		}
		for _, headers := range []string{"", "login:ada\n", "login:ada\npasscode:c4nary-two\n", "login:nobody\npasscode:c4nary-one\n"} {
			client, begun := w.dial(), time.Now()
			client.say("CONNECT\naccept-version:1.2\n" + headers + "\n^")
			f := client.refused("login refused", "wrong")
			if strings.Contains(string(f.Body), "c4nary") || time.Since(begun) < time.Second {
				t.Errorf("refused after %s with %q", time.Since(begun), f.Body)
			}
		}
	})
}
