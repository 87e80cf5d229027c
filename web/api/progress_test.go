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

// TestImportSaysHowFarItIs to who asks for it, before the answer, and to nobody else.
func TestImportSaysHowFarItIs(t *testing.T) {
	w := newWorld(t, memory.New())
	s := httptest.NewServer(w.as["anna"])
	defer s.Close()
	for _, wanted := range []string{"", "wanted"} {
		var told []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			told = append(told, h.Get(web.ProgressHeader))
			return nil
		}})
		status, left := importAt(ctx, t, s.URL, wanted)
		if status != http.StatusOK || left != "" {
			t.Errorf("%q: the answer is %d, with %q", wanted, status, left)
		}
		if want := wanted != ""; len(told) > 0 != want || want && !strings.HasPrefix(told[0], `{"read":1,`) {
			t.Errorf("%q: told %q", wanted, told)
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
