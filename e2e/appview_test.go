//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"collector/e2e/pds"
)

// appView stands in for Bluesky's AppView, which cannot be had here: it answers
// app.bsky.feed.getPosts (https://docs.bsky.app/docs/api/app-bsky-feed-get-posts)
// from the posts that the real server holds, at most 25 a call, and leaves out
// those that do not exist, as the AppView does.
type appView struct {
	URL   string
	asked atomic.Int64
	at    atomic.Pointer[pds.Server]
}

func newAppView(t *testing.T, s *pds.Server, handles map[string]string) *appView {
	t.Helper()
	v := &appView{}
	v.at.Store(s)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uris := r.URL.Query()["uris"]
		if !strings.HasSuffix(r.URL.Path, "/xrpc/app.bsky.feed.getPosts") || len(uris) == 0 || len(uris) > 25 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"InvalidRequest","message":"this AppView answers getPosts with 1 to 25 uris"}`))
			return
		}
		v.asked.Add(1)
		posts := []any{}
		for _, uri := range uris {
			ref, value, err := v.at.Load().Record(r.Context(), uri)
			if err != nil {
				continue
			}
			did, _, _ := strings.Cut(strings.TrimPrefix(uri, "at://"), "/")
			posts = append(posts, map[string]any{
				"uri": ref.URI, "cid": ref.CID, "record": value, "indexedAt": "2026-01-01T00:00:00.000Z",
				"author": map[string]any{"did": did, "handle": handles[did]},
			})
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"posts": posts})
	}))
	t.Cleanup(server.Close)
	v.URL = server.URL
	return v
}
