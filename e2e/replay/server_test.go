package replay

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/e2e/recording"
)

func recorded(status int, path, body string, header http.Header) recording.Exchange {
	return recording.Exchange{File: "invented", Method: "GET", URL: "https://likes.example" + path, Status: status, Header: header, Body: []byte(body)}
}

func get(t *testing.T, address string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range header {
		req.Header.Set(name, "x")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestRulesAnswerInOrderAndCallsAreKept(t *testing.T) {
	now := time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)
	link := http.Header{"Link": {`<https://likes.example/numeric/9?page=2>; rel="next", <https://likes.example/numeric/9?page=5>; rel="last"`}, "X-Left": {"3"}}
	s := New(func() time.Time { return now },
		Rule{Path: "/list", Query: map[string]string{"page": "2"}, Reply: recorded(200, "/list?page=2", "second", nil)},
		Rule{Path: "/list", Header: []string{"If-None-Match"}, Reply: recorded(304, "/list", "", http.Header{"Etag": {`"a"`}})},
		Rule{Path: "/list", Times: 1, Link: "/list", Reply: recorded(200, "/list", "first", link)},
		Rule{Path: "/list", Query: map[string]string{"page": ""}, Reply: recorded(429, "/list", "{{now format='unix'}}", nil), Edit: func(e recording.Exchange) recording.Exchange {
			e.Body = append([]byte("at "), e.Body...)
			return e
		}},
	)
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	if u, err := url.Parse(s.URL); err != nil || u.Hostname() != "127.0.0.1" {
		t.Fatalf("listens on %s", s.URL)
	}

	resp, body := get(t, s.URL+"/list?size=9")
	wantLink := `<http://` + host + `/list?page=2>; rel="next", <http://` + host + `/list?page=5>; rel="last"`
	if resp.StatusCode != 200 || body != "first" || resp.Header.Get("Link") != wantLink || resp.Header.Get("X-Left") != "3" || resp.Header.Get("Date") != "" {
		t.Errorf("first: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	if resp, body = get(t, s.URL+"/list?page=2"); body != "second" {
		t.Errorf("second: %d %q", resp.StatusCode, body)
	}
	if resp, _ = get(t, s.URL+"/list", "If-None-Match"); resp.StatusCode != 304 {
		t.Errorf("conditional: %d", resp.StatusCode)
	}
	if resp, body = get(t, s.URL+"/list"); resp.StatusCode != 429 || body != "at 1904281689" {
		t.Errorf("used up: %d %q", resp.StatusCode, body)
	}
	if resp, _ = get(t, s.URL+"/other"); resp.StatusCode != 404 {
		t.Errorf("no rule: %d", resp.StatusCode)
	}
	if calls := s.Calls(); len(calls) != 5 || !calls[0].Moved || calls[1].Moved || calls[3].Reply != "invented#0" {
		t.Errorf("%+v", calls)
	}
	if lost := s.Unanswered(); len(lost) != 1 || lost[0].Address != "/other" {
		t.Errorf("unanswered: %+v", lost)
	}
	s.Rules()
	if resp, _ := get(t, s.URL+"/list"); resp.StatusCode != 404 {
		t.Error("old rules still answer")
	}
}

func TestRecordingIsNotChangedByAnswering(t *testing.T) {
	e := recorded(200, "/a", "x", http.Header{"Link": {`<https://likes.example/a>; rel="next", broken, <:>; rel="x"`}})
	s := New(time.Now, Rule{Path: "/a", Link: "/a", Reply: e})
	defer s.Close()
	if resp, _ := get(t, s.URL+"/a"); strings.Contains(resp.Header.Get("Link"), "likes.example") {
		t.Errorf("not turned: %q", resp.Header.Get("Link"))
	}
	if !strings.Contains(e.Header.Get("Link"), "likes.example") {
		t.Errorf("the recording now says %q", e.Header.Get("Link"))
	}
}
