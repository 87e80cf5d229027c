package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"collector/simulate"
)

// mark remembers which requests came before the phase that begins.
func (b *rig) mark() {
	for _, a := range b.accounts {
		for _, r := range b.sim.Requests(a.Key) {
			b.from = max(b.from, r.N)
		}
	}
}

// calls returns the reading calls of the phase, one list an account. Sign-ins
// are left out: they cannot be made again without the session that they opened.
func (b *rig) calls() [][]simulate.Request {
	var out [][]simulate.Request
	for _, a := range b.accounts {
		var mine []simulate.Request
		for _, r := range b.sim.Requests(a.Key) {
			if r.N > b.from && r.Method == http.MethodGet && !strings.Contains(r.Path, "com.atproto.server.") {
				mine = append(mine, r)
			}
		}
		if len(mine) > 0 {
			out = append(out, mine)
		}
	}
	return out
}

func count(calls [][]simulate.Request) int {
	n := 0
	for _, c := range calls {
		n += len(c)
	}
	return n
}

// floor makes the same calls with a bare client, and throws the replies away.
func (b *rig) floor(ctx context.Context, calls [][]simulate.Request) (time.Duration, error) {
	if len(calls) == 0 {
		return 0, errors.New("the program made no call: nothing was measured")
	}
	tokens := map[string]string{}
	for _, a := range b.accounts {
		tokens[a.Key] = a.Tokens[0]
	}
	transport := &http.Transport{MaxIdleConnsPerHost: b.workers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	start := time.Now()
	for _, mine := range calls {
		group.Go(func() error {
			for _, r := range mine {
				if err := b.again(ctx, client, r, tokens[r.Account]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(start), err
}

func (b *rig) again(ctx context.Context, client *http.Client, r simulate.Request, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.sim.URLs[r.Service]+r.Path, nil)
	if err != nil {
		return err
	}
	req.URL.RawQuery = r.Query
	if !strings.HasPrefix(token, "{") { // a Bluesky sign-in is no token; its lists are public
		req.Header.Set("Authorization", "Bearer "+token)
	}
	reply, err := client.Do(req)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if _, err := io.Copy(io.Discard, reply.Body); err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s again: status %d", r.Path, reply.StatusCode)
	}
	return nil
}
