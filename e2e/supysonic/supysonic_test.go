package supysonic

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestErrorsAreInsideA200: that is how the Subsonic API tells them.
func TestErrorsAreInsideA200(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/rest/star.view" && r.URL.Query().Get("u") == "ada" {
			_, _ = w.Write([]byte(`{"subsonic-response":{"status":"failed","error":{"code":70,"message":"no such song"}}}`))
			return
		}
		_, _ = w.Write([]byte(`{"subsonic-response":{"status":"ok","randomSongs":{"song":[{"id":"7"},{"id":"9"}]}}}`))
	}))
	defer srv.Close()
	s := &Server{Origin: srv.URL, User: "ada", Password: "x"}
	if err := s.Star(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "no such song") {
		t.Errorf("%v", err)
	}
	if ids, err := s.Songs(t.Context(), 2); err != nil || strings.Join(ids, " ") != "7 9" {
		t.Errorf("%q, %v", ids, err)
	}
}
