package granttest

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"collector/grant"
)

// bounded: however many tokens or feeds are made for a user at once, over both handles, no
// more than grant.Most are there, of these all that were given, and others have their own.
func bounded(k *kit) {
	services := []*grant.Service{grant.New(k.one, slog.New(slog.DiscardHandler)), grant.New(k.other, slog.New(slog.DiscardHandler))}
	for _, kind := range []grant.Kind{grant.Token, grant.Feed} {
		ask := func(s *grant.Service, user string) (grant.Record, error) {
			a := grant.Ask{Kind: kind, User: user}
			if kind == grant.Token {
				a.Scopes = []grant.Scope{grant.Read}
			}
			_, r, err := s.Make(k.ctx, noon, grant.Operator(), a)
			return r, err
		}
		var there []grant.Record
		for i := range grant.Most {
			r := bare(fmt.Sprintf("g_%s%03d", kind, i), "anna")
			r.Kind, r.ExpiresAt = kind, noon.Add(time.Minute)
			there = append(there, r)
		}
		there[0].ExpiresAt = noon // it has ended, and counts no more
		k.must(k.one.Bring(k.ctx, there))
		var mu sync.Mutex
		given := map[string]bool{}
		var work sync.WaitGroup
		for i := range 8 {
			work.Go(func() {
				r, err := ask(services[i%2], "anna")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					given[r.ID] = true
				} else if !errors.Is(err, grant.ErrMany) {
					k.Error(err)
				}
			})
		}
		work.Wait()
		if len(given) == 0 { // they saw each other
			r, err := ask(services[0], "anna")
			k.must(err)
			given[r.ID] = true
		}
		if r, err := ask(services[1], "anna"); !errors.Is(err, grant.ErrMany) {
			k.Errorf("one more %s: %+v, %v", kind, r, err)
		}
		k.must(k.other.Remove(k.ctx, there[1].ID))
		r, err := ask(services[1], "anna")
		k.must(err)
		given[r.ID] = true
		for _, user := range []string{"bob", ""} {
			if _, err := ask(services[0], user); err != nil && (user != "" || kind != grant.Feed) {
				k.Errorf("a %s of %q: %v", kind, user, err)
			}
		}
		left, err := grant.All(k.ctx, k.one, "anna")
		k.must(err)
		n := 0
		for _, r := range left {
			if r.Kind == kind && !r.Over(noon) {
				n++
				delete(given, r.ID)
			}
		}
		if n != grant.Most || len(given) > 0 {
			k.Errorf("%d %ss are there, and not %v", n, kind, given)
		}
	}
}
