// Package simtest has what tests share that run against simulated services:
// starting them, and the environment that leads a collector to them.
package simtest

import (
	"testing"

	"collector/simulate"
)

// Start makes a Sim and lets it listen on loopback until the test ends. The
// seed is logged, so that a failure can be repeated.
func Start(t testing.TB, o simulate.Options) *simulate.Running {
	t.Helper()
	r, err := simulate.Serve(t.Context(), simulate.New(o), simulate.Listen{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	t.Logf("simulated services with seed %d: %v", r.Seed(), r.URLs)
	return r
}

// Add adds an account or ends the test.
func Add(t testing.TB, s *simulate.Sim, spec simulate.Spec) simulate.Account {
	t.Helper()
	a, err := s.AddAccount(spec)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Env is the environment that leads a collector to the simulated services:
// GitHub and Bluesky by their overridden addresses, Mastodon as a server that
// its accounts name (see Server), which loopback has to be allowed for.
func Env(r *simulate.Running) []string {
	return []string{
		"COLLECTOR_GITHUB_URL=" + r.URLs[simulate.GitHub],
		"COLLECTOR_BLUESKY_URL=" + r.URLs[simulate.Bluesky],
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1",
	}
}

// Server is what `collector connect --server` is given for an account, "" where
// it needs none.
func Server(r *simulate.Running, service string) string {
	if service == simulate.Mastodon {
		return r.URLs[service]
	}
	return ""
}

// Clean ends the test with every violation that the services saw.
func Clean(t testing.TB, s *simulate.Sim) {
	t.Helper()
	for _, v := range s.Violations() {
		t.Error(v)
	}
}
