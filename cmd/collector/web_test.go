package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/store/memory"
)

// listening reads from the log where a daemon is reached.
func listening(t *testing.T, out *stream) string {
	t.Helper()
	out.await(t, `"msg":"listening"`, patience)
	found := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
	if found == "" {
		t.Fatalf("it does not say where it listens:\n%s", out)
	}
	return found
}

// over is a client of a Unix socket.
func over(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
}

func fetched(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", url, r.Status, b, err)
	}
	return string(b)
}

// TestDaemonIsReached over its address and over the socket beside the store, which its
// owner alone can open; both say what the command says, and both are gone at the end.
func TestDaemonIsReached(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	const canary = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ="
	out, stop := background(t, map[string]string{"COLLECTOR_SECRET_KEY": canary, "COLLECTOR_MODE": "initial"}, "--listen=127.0.0.1:0")
	at := listening(t, out)
	if info, err := os.Stat("collector.db.sock"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v %v", info, err)
	}
	made := program{}.run(t, "tokens", "add", "reader", "--all-users", "--scopes=read,admin").must(t)
	signedIn := &http.Client{Transport: bearer(strings.Fields(made.out)[0])}
	for name, get := range map[string]func(path string) string{
		"address": func(path string) string { return fetched(t, signedIn, at+path) },
		"socket":  func(path string) string { return fetched(t, over("collector.db.sock"), "http://collector"+path) },
	} {
		var status control.Status
		err := json.Unmarshal([]byte(get("/api/status")), &status)
		for late := time.After(20 * time.Second); err == nil && len(status.Instances) == 0; { // its first heartbeat comes after the listener
			select {
			case <-late:
				t.Fatalf("over the %s no collector runs: %+v", name, status)
			case <-time.After(10 * time.Millisecond):
			}
			err = json.Unmarshal([]byte(get("/api/status")), &status)
		}
		if err != nil || status.Summary.Networks != 2 || len(status.Instances) != 1 {
			t.Errorf("over the %s: %+v %v", name, status, err)
		}
		if found := get("/api/search?q=raft&user=me"); !strings.Contains(found, `"network":"github/octocat"`) {
			t.Errorf("over the %s: %s", name, found)
		}
		if config := get("/api/config"); strings.Contains(config, canary) || !strings.Contains(config, `"value":"(secret)"`) || !strings.Contains(config, `"origin":"flag"`) {
			t.Errorf("over the %s: %s", name, config)
		}
	}
	if code := stop(); code != exitOK {
		t.Errorf("it ended with %d:\n%s", code, out)
	}
	if _, err := http.Get(at); err == nil {
		t.Error("it is still reached")
	}
	if _, err := os.Stat("collector.db.sock"); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
	if strings.Contains(out.String(), canary) {
		t.Error("the log holds the key")
	}
}

// TestOpenBindEndsTheStart with the code of a wrong configuration.
func TestOpenBindEndsTheStart(t *testing.T) {
	inFolder(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0"} {
		if o := (program{}).run(t, "--no-auth", "--listen="+address); o.code != exitConfig || !strings.Contains(o.err, "nobody would have to sign in") || !strings.Contains(o.err, "next:  leave out --no-auth, listen on this machine alone") {
			t.Errorf("%s: %d %s", address, o.code, o.err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if o := (program{}).run(t, "--listen="+taken.Addr().String()); o.code != exitConfig || !strings.Contains(o.err, "--listen=off") {
		t.Errorf("a port that is taken: %d %s", o.code, o.err)
	}
}

// TestUsualAddressIsNotNeeded: where nobody named an address and the usual one cannot be
// had, whatever the cause, a collector starts all the same and is reached over its socket;
// a second one of the store, which has not even that, starts too and says so.
func TestUsualAddressIsNotNeeded(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, address := range []string{taken.Addr().String(), "127.0.0.1:nosuch"} {
		inFolder(t)
		start := func() (log string, end func()) {
			a := newApp(nil, nil, io.Discard, io.Discard)
			root := a.root()
			root.SetArgs([]string{"config", "check"})
			if err := root.ExecuteContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.conf.Listen = address
			var out strings.Builder
			_, end, err := a.offerWeb(t.Context(), memory.New(), collecting{}, nil, slog.New(slog.NewTextHandler(&out, nil)))
			if err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			return out.String(), end
		}
		log, end := start()
		if !strings.Contains(log, "level=WARN") || !strings.Contains(log, "--listen") || !strings.Contains(log, "[collector.db.sock]") {
			t.Errorf("%s: %s", address, log)
		}
		fetched(t, over("collector.db.sock"), "http://collector/api/status")
		log, second := start()
		if !strings.Contains(log, "nowhere") || strings.Contains(log, "msg=listening") {
			t.Errorf("%s, the second: %s", address, log)
		}
		second()
		fetched(t, over("collector.db.sock"), "http://collector/api/status")
		end()
	}
}

// TestTheWebStopsFirst: when the rest of the daemon is told to stop, nobody reaches it any more.
func TestTheWebStopsFirst(t *testing.T) {
	inFolder(t)
	a := newApp(nil, nil, io.Discard, io.Discard)
	root := a.root()
	root.SetArgs([]string{"config", "check", "--no-auth", "--listen=127.0.0.1:0"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	log := newStream()
	after, end, err := a.offerWeb(ctx, memory.New(), collecting{}, nil, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(log.String())
	fetched(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "http://"+at+"/api/status")
	hand, err := net.Dial("tcp", at) // a request in hand: its body has not come yet
	if err != nil {
		t.Fatal(err)
	}
	defer hand.Close()
	if _, err := io.WriteString(hand, "POST /api/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(hand)
	if l, err := read.ReadString('\n'); err != nil || !strings.Contains(l, "100 Continue") {
		t.Fatalf("%q %v", l, err)
	}
	stop()
	<-after.Done()
	if !strings.Contains(log.String(), "cut off by the stop") { // written before
		t.Error("the rest was told to stop before the request in hand was ended")
	}
	if err := hand.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(read); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a request is in hand after the rest was told to stop")
	}
	if c, err := net.Dial("tcp", at); err == nil {
		_ = c.Close()
		t.Error("it is reached after the rest was told to stop")
	}
	end()
}

// TestLinksLeadSomewhere: an address that stands for all of the machine is none for a browser.
func TestLinksLeadSomewhere(t *testing.T) {
	for at, want := range map[string]string{
		"http://[::]:8765": "http://localhost:8765", "http://0.0.0.0:80": "http://localhost:80",
		"http://127.0.0.1:8765": "http://127.0.0.1:8765", "http://[::1]:8765": "http://[::1]:8765", "http://192.0.2.1:8765": "http://192.0.2.1:8765",
	} {
		if got := nearby(at); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

// TestSocketsOfStores: each store has a socket of its own.
func TestSocketsOfStores(t *testing.T) {
	inFolder(t)
	path := func(env []string, store string) string {
		a := newApp(env, nil, io.Discard, io.Discard)
		root := a.root()
		root.SetArgs([]string{"config", "check", "--store=" + store})
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		return a.socket()
	}
	one, other := path([]string{"XDG_RUNTIME_DIR=/run/user/1"}, "mongodb://h/a"), path([]string{"XDG_RUNTIME_DIR=/run/user/1"}, "mongodb://h/b")
	if one == other || !strings.HasPrefix(one, "/run/user/1/collector-") || len(one) > 60 {
		t.Errorf("%s and %s", one, other)
	}
	if got := path(nil, "mongodb://h/a"); got != "" {
		t.Errorf("without a folder: %s", got)
	}
	if got := path([]string{"XDG_RUNTIME_DIR=/run/user/1"}, "sqlite:x/y.db"); got != "x/y.db.sock" {
		t.Errorf("beside SQLite: %s", got)
	}
}

// bearer sends a token with each request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}
