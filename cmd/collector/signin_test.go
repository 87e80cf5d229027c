package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestWhoIsLetIn over the address of a daemon: who shows what is good, until it is revoked,
// and then at once nobody; over the socket its owner (S5).
func TestWhoIsLetIn(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	out, stop := background(t, map[string]string{"COLLECTOR_MODE": "initial"}, "--listen=127.0.0.1:0")
	defer stop()
	at := listening(t, out)
	status := func(c http.RoundTripper, path string) int {
		r, err := (&http.Client{Transport: c}).Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		return r.StatusCode
	}
	made := func(args ...string) (secret, id string) {
		o := program{}.run(t, append([]string{"tokens", "add"}, args...)...).must(t)
		return strings.TrimSpace(o.out), o.err[strings.LastIndex(o.err, " ")+1 : len(o.err)-1]
	}
	reader, readerID := made("reader")
	figures, _ := made("prometheus", "--all-users", "--scopes=metrics")
	feed, feedID := made("feed", "--feed=raft")
	for _, c := range []struct {
		who  http.RoundTripper
		path string
		want int
	}{
		{http.DefaultTransport, "/api/status", http.StatusUnauthorized},
		{bearer("wrong"), "/api/status", http.StatusUnauthorized},
		{bearer(feed), "/api/status", http.StatusUnauthorized},
		{bearer(figures), "/api/status", http.StatusForbidden},
		{bearer(reader), "/api/status", http.StatusOK},
		{bearer(reader), "/api/config", http.StatusForbidden},
		{http.DefaultTransport, "/feed/" + feed + ".atom", http.StatusOK},
		{http.DefaultTransport, "/feed/" + reader + ".atom", http.StatusNotFound},
	} {
		if got := status(c.who, c.path); got != c.want {
			t.Errorf("%T %s: %d, want %d", c.who, c.path, got, c.want)
		}
	}
	program{}.run(t, "tokens", "revoke", readerID, feedID).must(t)
	if got := status(bearer(reader), "/api/status"); got != http.StatusUnauthorized {
		t.Errorf("a token that was revoked: %d", got)
	}
	if got := status(http.DefaultTransport, "/feed/"+feed+".atom"); got != http.StatusNotFound {
		t.Errorf("a feed that was revoked: %d", got)
	}
	if strings.Contains(out.String(), feed) || strings.Contains(out.String(), reader) {
		t.Error("the log holds a secret")
	}
}
