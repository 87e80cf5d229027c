package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"collector/store/memory"
	"collector/web"
)

// hearing is a context for requests that keeps what they are told before the answer.
func hearing(ctx context.Context, told *[]string) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		*told = append(*told, h.Get(web.ProgressHeader))
		return nil
	}})
}

// TestImportSaysHowFarItIs to who asks for it, before the answer, and to nobody else.
func TestImportSaysHowFarItIs(t *testing.T) {
	w := newWorld(t, memory.New())
	s := httptest.NewServer(w.as["anna"])
	defer s.Close()
	for _, wanted := range []string{"", "wanted"} {
		var told []string
		ctx := hearing(t.Context(), &told)
		status, left := importAt(ctx, t, s.URL, wanted)
		if status != http.StatusOK || left != "" {
			t.Errorf("%q: the answer is %d, with %q", wanted, status, left)
		}
		if want := wanted != ""; len(told) > 0 != want || want && !strings.HasPrefix(told[0], `{"read":1,`) {
			t.Errorf("%q: told %q", wanted, told)
		}
	}
}

// TestConnectSaysWhatItKnows to who asks for it, before the answer: whose it is, then how much there is.
func TestConnectSaysWhatItKnows(t *testing.T) {
	w := newWorld(t, memory.New())
	s := httptest.NewServer(w.as["anna"])
	defer s.Close()
	for _, wanted := range []string{"", "wanted"} {
		var told []string
		ctx := hearing(t.Context(), &told)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/connect", strings.NewReader(`{"service":"github","token":"`+pasted+`","look":true}`))
		w.must(err)
		if wanted != "" {
			r.Header.Set(web.ProgressHeader, wanted)
		}
		reply, err := http.DefaultClient.Do(r)
		w.must(err)
		w.must(reply.Body.Close())
		if reply.StatusCode != http.StatusOK || (len(told) == 2) != (wanted != "") || strings.Contains(strings.Join(told, ""), pasted) {
			t.Fatalf("%q: %d, told %q", wanted, reply.StatusCode, told)
		}
		if wanted != "" && (!strings.Contains(told[0], `"person":"octocat"`) || !strings.Contains(told[0], `"look":null`) || !strings.Contains(told[1], `"pages":3`)) {
			t.Errorf("told %q", told)
		}
	}
}

// early counts the answers before the answer.
type early struct {
	*httptest.ResponseRecorder
	n int
}

func (e *early) WriteHeader(status int) {
	if status >= 200 {
		e.ResponseRecorder.WriteHeader(status)
		return
	}
	e.n++
}

// TestNoProxyIsToldHowFarItIs: it may take the first answer for the last.
func TestNoProxyIsToldHowFarItIs(t *testing.T) {
	w := newWorld(t, memory.New())
	for _, c := range []struct {
		proto, name string
		told        bool
	}{
		{"HTTP/1.1", "", true},
		{"HTTP/2.0", "", true},
		{"HTTP/1.0", "", false},
		{"HTTP/1.1", "Via", false},
		{"HTTP/1.1", "X-Forwarded-For", false},
		{"HTTP/1.1", "Forwarded", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/import?name=b.html&dryRun=true", strings.NewReader(bookmarks))
		r.Host, r.Proto = "localhost", c.proto
		r.ProtoMajor, r.ProtoMinor, _ = http.ParseHTTPVersion(c.proto)
		r.Header.Set(web.ProgressHeader, "wanted")
		if c.name != "" {
			r.Header.Set(c.name, "for=192.0.2.1")
		}
		out := &early{httptest.NewRecorder(), 0}
		w.as["anna"].ServeHTTP(out, r)
		if out.Code != http.StatusOK || (out.n > 0) != c.told {
			t.Errorf("%s %s: %d after %d answers", c.proto, c.name, out.Code, out.n)
		}
	}
}

// importAt sends a file of one like, and returns the status and the progress in the answer itself.
func importAt(ctx context.Context, t *testing.T, address, wanted string) (int, string) {
	t.Helper()
	text := "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF=\"https://example.org/raft\" ADD_DATE=\"1767323045\">raft</A>\n</DL>\n"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/api/import?name=b.html&dryRun=true", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if wanted != "" {
		r.Header.Set(web.ProgressHeader, wanted)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	return reply.StatusCode, reply.Header.Get(web.ProgressHeader)
}
