// Package failover has a replica set of MongoDB lose its primary, for tests and
// measurements: the primary dies, resigns, is cut off from everybody, or from the other
// servers alone. It is a real set of real servers; the cuts are made by proxies.
package failover

import (
	"context"
	"slices"

	"collector/simulate/faultproxy"
	"collector/store/mongo/mongotest"
)

// Set is a replica set whose members can be cut off: each is reached through a
// proxy, by clients and by the others.
type Set struct {
	*mongotest.Servers
	proxies []*faultproxy.Proxy
}

// Start starts a set of n members over data in a folder, and waits for its primary.
// program is the server (mongotest.Program). Stop ends what was started, also after an
// error.
func Start(ctx context.Context, program, dir string, n int) (s *Set, err error) {
	s = &Set{}
	s.Servers, err = mongotest.Behind(ctx, program, dir, n, func(address string) (string, error) {
		p, err := faultproxy.New(address)
		if err != nil {
			return "", err
		}
		s.proxies = append(s.proxies, p)
		return p.Addr(), nil
	})
	return s, err
}

// Stop ends all servers at once, and what stands before them.
func (s *Set) Stop() error {
	err := s.Servers.Stop()
	for _, p := range s.proxies {
		p.Close()
	}
	return err
}

// Isolate cuts a member off from everybody.
func (s *Set) Isolate(m *mongotest.Member) { s.cut(m, nil) }

// Sever cuts a member off from the other members; clients still reach it, and them.
func (s *Set) Sever(m *mongotest.Member) {
	s.cut(m, func(opening []byte) bool {
		return slices.ContainsFunc(s.Members, func(o *mongotest.Member) bool { return o.Opened(opening) })
	})
}

// cut holds what goes to a member, of those connections that only tells, and what it
// says to the others.
func (s *Set) cut(m *mongotest.Member, only func([]byte) bool) {
	for i, p := range s.proxies {
		if s.Members[i] == m {
			p.Set(faultproxy.Toxic{Hold: true, Only: only})
		} else {
			p.Set(faultproxy.Toxic{Hold: true, Only: m.Opened})
		}
	}
}

// Rejoin ends every cut.
func (s *Set) Rejoin() {
	for _, p := range s.proxies {
		p.Set(faultproxy.Toxic{})
	}
}

// Way is a way in which a primary is lost.
type Way struct {
	Says string // what became of the primary, as in "the primary was killed"
	// Lose does it, and returns what is to be done once others have gone on.
	Lose func(ctx context.Context, primary *mongotest.Member) (after func(context.Context) error, err error)
}

// The places of the ways in Ways.
const (
	Severed  = iota // it is cut off from the other servers alone: clients go on at it until they hear of the next one
	Killed          // it dies
	Resigned        // it hands over in good order
	Isolated        // it is cut off from everybody
)

// Ways are all ways, of which each may be replaced.
func (s *Set) Ways() []Way {
	cut := func(how func(*mongotest.Member)) func(context.Context, *mongotest.Member) (func(context.Context) error, error) {
		return func(_ context.Context, primary *mongotest.Member) (func(context.Context) error, error) {
			how(primary)
			return func(context.Context) error { s.Rejoin(); return nil }, nil
		}
	}
	return []Way{
		Severed: {"was cut off from the others", cut(s.Sever)},
		Killed: {"was killed", func(_ context.Context, primary *mongotest.Member) (func(context.Context) error, error) {
			return func(ctx context.Context) error { return s.Restart(ctx, primary) }, primary.Kill()
		}},
		Resigned: {"resigned", func(ctx context.Context, _ *mongotest.Member) (func(context.Context) error, error) {
			return func(context.Context) error { return nil }, s.Resign(ctx)
		}},
		Isolated: {"was cut off", cut(s.Isolate)},
	}
}

// Lose loses the primary of a set that is whole, in all ways in turn: round counts from
// 0. after, to be called once others have gone on, waits until the set is whole again.
func (s *Set) Lose(ctx context.Context, round int) (says string, after func(context.Context) error, err error) {
	primary, err := s.Primary(ctx)
	if err != nil {
		return "", nil, err
	}
	ways := s.Ways()
	way := ways[round%len(ways)]
	back, err := way.Lose(ctx, primary)
	return way.Says, func(ctx context.Context) error {
		if err := back(ctx); err != nil {
			return err
		}
		return s.Whole(ctx)
	}, err
}
