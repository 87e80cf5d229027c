package remote

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"collector/auth"
	"collector/control"
	"collector/web"
)

const canary = "col_t_canary"

// at is a client of a server that answers as h does.
func at(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	where, err := ParseAddress(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := New(where, auth.NewSecret(canary))
	t.Cleanup(c.Close)
	return c
}

// problem is what a question comes to.
func problem(t *testing.T, err error) *control.Problem {
	t.Helper()
	p, ok := errors.AsType[*control.Problem](err)
	if !ok || p.Whose == "" || p.Next == "" || strings.Contains(p.Reason+p.Next, canary) {
		t.Fatalf("%v", err)
	}
	return p
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"unix:a.sock": "a.sock", "unix:/run/c.sock": "/run/c.sock", "http+unix:///run/c.sock": "/run/c.sock",
		"http://127.0.0.1:8765/": "http://127.0.0.1:8765", "https://likes.example/collector": "https://likes.example/collector",
		"": "", "unix:": "", "likes.example": "", "ftp://likes.example": "", "https://": "", "https://u:p@likes.example": "", "https://likes.example?token=x": "", "http:likes": "", "/run/c.sock": "",
	} {
		got, err := ParseAddress(text)
		if want == "" && err == nil || want != "" && (err != nil || got.String() != want) {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

// TestTheTokenIsForTheCollector: it goes to the address that was named, not where that
// sends whoever asks, and not over a socket.
func TestTheTokenIsForTheCollector(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	told := ""
	c := at(t, func(w http.ResponseWriter, r *http.Request) {
		told = r.Header.Get("Authorization")
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := c.Greet(t.Context())
	if p := problem(t, err); !errors.Is(p, ErrStranger) || told != "Bearer "+canary {
		t.Errorf("%v, told %q", p, told)
	}
	_, err = c.Export(t.Context(), control.Export{Format: "csv"}, io.Discard)
	if p := problem(t, err); !errors.Is(p, ErrStranger) {
		t.Errorf("an export: %v", p)
	}
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header.Get("Authorization"); h != "" {
			t.Errorf("over a socket: %q", h)
		}
		_, _ = io.WriteString(w, `{"version":"1","edition":1}`)
	})}
	go func() { _ = s.Serve(ln) }()
	defer s.Close()
	over := New(Address{Socket: path, Base: c.at.Base}, auth.NewSecret(canary))
	defer over.Close()
	if _, err := over.Greet(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestALargeAnswerIsNotRead to its end.
func TestALargeAnswerIsNotRead(t *testing.T) {
	sent := make(chan int, 1)
	c := at(t, func(w http.ResponseWriter, _ *http.Request) {
		piece, n := []byte(strings.Repeat(" ", 1<<20)), 0
		for n < 1<<10 {
			if _, err := w.Write(piece); err != nil {
				break
			}
			n++
		}
		sent <- n
	})
	_, err := c.LastChange(t.Context())
	if p := problem(t, err); p.Kind != control.Wrong || !strings.Contains(p.Reason, "larger than 64 MiB") {
		t.Errorf("%v", p)
	}
	if n := <-sent; n > 200 {
		t.Errorf("%d MiB were read", n)
	}
}

// TestBrokenOff: of a wish it is not known whether it was done.
func TestBrokenOff(t *testing.T) {
	c := at(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"networks":[`)
	})
	_, err := c.Status(t.Context(), "", "")
	if p := problem(t, err); p.Kind != control.Temporary || !strings.Contains(p.Reason, "broke off") || !strings.Contains(p.Next, "try again") {
		t.Errorf("a question: %v", p)
	}
	_, err = c.SetPaused(t.Context(), control.Wish{All: true}, true)
	if p := problem(t, err); p.Kind != control.Temporary || !strings.Contains(p.Next, "whether it was done is not known") {
		t.Errorf("a wish: %v", p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("who stopped it is told %v", err)
	}
}

// TestRefusals keep their kind, and name each mistake.
func TestRefusals(t *testing.T) {
	for _, r := range []struct {
		status int
		body   string
		kind   control.Kind
		says   string
	}{
		{503, `{"status":503,"detail":"full","kind":"unavailable","whose":"this machine","next":"x"}`, control.Unavailable, "full"},
		{503, `{"status":503,"detail":"later","kind":"temporary","whose":"nobody","next":"x"}`, control.Temporary, "later"},
		{503, `{"status":503,"detail":"later","whose":"nobody","next":"x"}`, control.Temporary, "later"},
		{404, `{"status":404,"detail":"none","kind":"unknown","whose":"you","next":"x"}`, control.Unknown, "none"},
		{403, `{"status":403,"detail":"no","whose":"you","next":"x"}`, control.Forbidden, "no"},
		{409, `{"status":409,"detail":"runs","whose":"you","next":"x"}`, control.Conflict, "runs"},
		{429, `{"status":429,"detail":"many","whose":"you","next":"x"}`, control.Busy, "many"},
		{410, `{"status":410,"detail":"gone","whose":"you","next":"x"}`, control.Gone, "gone"},
		{422, `{"status":422,"detail":"unfit","whose":"you","next":"x","errors":[{"where":"query.limit","message":"too large"}]}`, control.Wrong, "unfit\nquery.limit: too large"},
		{502, "<html>Bad Gateway", control.Temporary, "what stands in front of it answers 502"},
		{504, "", control.Temporary, "what stands in front of it answers 504"},
		{404, `{"status":404,"detail":"none","whose":"you","next":"x"}`, control.Unavailable, "without /api"},
		{500, `{"status":500,"detail":"a mistake","kind":"unforeseen","whose":"collector","next":"x","requestId":"ab12"}`, control.Unforeseen, "request ab12"},
	} {
		c := at(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(r.status)
			_, _ = io.WriteString(w, r.body)
		})
		_, err := c.LastChange(t.Context())
		if p := problem(t, err); p.Kind != r.kind || !strings.Contains(p.Reason, r.says) {
			t.Errorf("%s: %v %q", r.body, p.Kind, p.Reason)
		}
	}
}

// TestACertificateIsNoOutage that passes: nor is an address that does not speak TLS.
func TestACertificateIsNoOutage(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"version":"1","edition":1}`) })
	unknown, plain := httptest.NewTLSServer(h), httptest.NewServer(h)
	defer unknown.Close()
	defer plain.Close()
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, address := range []string{unknown.URL, strings.Replace(plain.URL, "http:", "https:", 1)} {
		where, err := ParseAddress(address)
		if err != nil {
			t.Fatal(err)
		}
		c := New(where, auth.NewSecret(canary))
		_, err = c.Greet(t.Context())
		if p := problem(t, err); !errors.Is(p, ErrStranger) || p.Kind != control.Wrong {
			t.Errorf("%s: %v", address, p)
		}
		c.Close()
	}
	_, err := at(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }).Greet(t.Context())
	if p := problem(t, err); !errors.Is(p, ErrStranger) {
		t.Errorf("who does not say who it is: %v", p)
	}
}

// TestAnExportIsWhole, or it is said that it is not; what is no file is not copied.
func TestAnExportIsWhole(t *testing.T) {
	for _, c := range []struct {
		what, kind, trailer string
		cut                 bool
		n                   int
		says                string
	}{
		{"with its number", "text/csv; charset=utf-8", "3", false, 3, ""},
		{"without a number", "text/csv; charset=utf-8", "", false, -1, ""},
		{"that is cut off", "text/csv; charset=utf-8", "3", true, 0, "what was written is not whole"},
		{"that is a page", "text/html", "3", false, 0, "is no file of the format csv"},
	} {
		client := at(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.Header().Set("Trailer", web.ItemsTrailer)
			_, _ = io.WriteString(w, "a\nb\n")
			if c.cut {
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			w.Header().Set(web.ItemsTrailer, c.trailer)
		})
		var out strings.Builder
		n, err := client.Export(t.Context(), control.Export{Format: "csv"}, &out)
		if c.says != "" {
			if p := problem(t, err); !strings.Contains(p.Reason, c.says) {
				t.Errorf("one %s: %q", c.what, p.Reason)
			}
			continue
		}
		if err != nil || n != c.n || out.String() != "a\nb\n" {
			t.Errorf("one %s: %d, %v, %q", c.what, n, err, out.String())
		}
	}
}

// TestAnExportThatCannotBeWritten is the fault of whoever writes it, not of the collector.
func TestAnExportThatCannotBeWritten(t *testing.T) {
	c := at(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		_, _ = io.WriteString(w, "a\n")
	})
	if _, err := c.Export(t.Context(), control.Export{Format: "csv"}, full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	c = at(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"status":403,"detail":"no","kind":"forbidden","whose":"you","next":"x"}`)
	})
	_, err := c.Export(t.Context(), control.Export{Format: "csv"}, full{})
	if p := problem(t, err); p.Kind != control.Forbidden || p.Reason != "no" {
		t.Errorf("%+v", p)
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestAServiceIsAName: what would be another address is not asked for.
func TestAServiceIsAName(t *testing.T) {
	asked := ""
	c := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked += r.URL.Path
		_, _ = io.WriteString(w, `{"name":"github"}`)
	})
	if v, err := c.Connector(t.Context(), "github"); err != nil || v.Name != "github" {
		t.Error(v, err)
	}
	for _, name := range []string{"", "..", "../config", "a/b", "a?b", "a%2fb", strings.Repeat("a", 101)} {
		_, err := c.Connector(t.Context(), name)
		if p := problem(t, err); p.Kind != control.Unknown {
			t.Errorf("%q: %+v", name, p)
		}
	}
	if asked != "/api/connectors/github" {
		t.Errorf("asked for %s", asked)
	}
}
