package fetch

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/trace"
)

// asked notes a call in the trace of its run, once it is settled: answered with a status,
// or given up, which is 0.
func (s *sending) asked(ctx context.Context, began, ended time.Time, status int) {
	run := trace.Of(ctx)
	if run == nil {
		return
	}
	run.Note(began, trace.Step{
		Kind: trace.Asked, Took: ended.Sub(began), What: s.call.What,
		Method: cmp.Or(s.call.Request.Method, http.MethodGet), Path: pathOf(s.call.Request.URL), Status: int16(status), Quota: s.left,
	})
}

// pathOf is the path of an address as it may be shown: queries hold more than anybody needs
// to see, and what follows a secret may be a part of it.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	path := u.EscapedPath()
	for _, secret := range []string{opens[0], opens[1], (&url.URL{Path: opens[0]}).EscapedPath()} {
		if before, _, found := strings.Cut(path, secret); found {
			path = before + "(secret)"
		}
	}
	return path
}
