package remote

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"collector/auth"
	"collector/control"
	"collector/web"
)

// TestProgressIsTold where it is asked for, and what is no progress is passed over.
func TestProgressIsTold(t *testing.T) {
	asked := ""
	c := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get(web.ProgressHeader)
		for _, p := range []string{`{"read":1}`, "no JSON", `{"read":20,"added":3}`} {
			w.Header().Set(web.ProgressHeader, p)
			w.WriteHeader(http.StatusProcessing)
		}
		w.Header().Del(web.ProgressHeader)
		_, _ = io.WriteString(w, `{}`)
	})
	var told []control.Progressed
	send := func(wanted bool) {
		t.Helper()
		s := sending{}
		if wanted {
			s.told = tells(c.told)
		}
		if err := c.send(t.Context(), http.MethodPost, "import", nil, s, &struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	send(true)
	if asked != "" || len(told) != 0 {
		t.Errorf("nobody listens: asked %q, told %v", asked, told)
	}
	c.Tell(func(p control.Progressed) { told = append(told, p) })
	send(false)
	if asked != "" || len(told) != 0 {
		t.Errorf("of another question: asked %q, told %v", asked, told)
	}
	send(true)
	if asked == "" || len(told) != 2 || told[1] != (control.Progressed{Read: 20, Added: 3}) {
		t.Errorf("asked %q, told %v", asked, told)
	}
}

// TestProgressIsAskedForNearby: over a socket and at a loopback address, where no proxy of another
// machine takes the first answer for the last.
func TestProgressIsAskedForNearby(t *testing.T) {
	for text, want := range map[string]bool{
		"unix:/run/c.sock": true, "http://127.0.0.1:8765": true, "http://127.0.0.1": true, "http://[::1]:8765": true, "https://localhost": true,
		"http://likes.example": false, "https://likes.example:8765": false, "http://192.0.2.1:8765": false, "http://127.0.0.1.likes.example": false,
	} {
		where, err := ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		c := New(where, auth.Secret{})
		asked := ""
		c.http.Transport = answering(func(r *http.Request) { asked = r.Header.Get(web.ProgressHeader) })
		c.Tell(func(control.Progressed) {})
		if err := c.send(t.Context(), http.MethodPost, "import", nil, sending{told: tells(c.told)}, &struct{}{}); err != nil {
			t.Fatal(err)
		}
		if got := asked != ""; got != want {
			t.Errorf("%s: asked for %v, want %v", text, got, want)
		}
	}
}

// answering looks at each request, and answers it with nothing.
type answering func(*http.Request)

func (fn answering) RoundTrip(r *http.Request) (*http.Response, error) {
	fn(r)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}
