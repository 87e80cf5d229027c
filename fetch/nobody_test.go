package fetch

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// TestPostWithoutBodySendsNone: a POST without a body says Content-Length 0. An
// empty body in chunks is a body too, which a Bluesky server answers with 400:
// no session could be refreshed.
func TestPostWithoutBodySendsNone(t *testing.T) {
	type framing struct {
		length   int64
		encoding []string
	}
	came := make(chan framing, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- framing{r.ContentLength, r.TransferEncoding}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Config{Base: map[string]*url.URL{"github": base}})
	b.store(t, "a1", canary)
	call := star("/user")
	call.Request.Method = http.MethodPost
	if _, err := b.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got := <-came; got.length != 0 || len(got.encoding) != 0 {
		t.Errorf("Content-Length %d, Transfer-Encoding %q: want 0 and none", got.length, got.encoding)
	}
}
