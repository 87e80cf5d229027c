package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/state"
	"collector/store"
)

// silent is how long a network may fail before that is told.
const silent = 24 * time.Hour

// stubborn is how many replies in a row lead nowhere until a person is told: as many as
// the scheduler tries before it does so once a day.
const stubborn = 5

// Keys of facts begin with these.
const (
	ofANetwork = "network/"
	ofASweep   = "removals/"
	ofAHook    = "webhook/"
	ofADisk    = "disk/"
	ofAHistory = "backfill/"
	theCrowd   = ofANetwork + "*"
)

// look finds what is so. Of what was told and is not found it reads the network: it is
// well again only if it has been read well, and not because it fails in another way.
func (s *Service) look(ctx context.Context, nb notebook, now time.Time) (seen, error) {
	out := seen{facts: map[string]fact{}, quiet: map[string]bool{}}
	if err := errors.Join(s.needy(ctx, nb, &out, now), s.hooks(ctx, nb, &out)); err != nil {
		return seen{}, err
	}
	s.disk(nb, &out)
	for key, f := range nb.Heard {
		if f.Kind == ofBackfill {
			out.facts[key] = f
		}
	}
	for _, earlier := range []map[string]fact{nb.Told, nb.Heard} {
		if err := s.reread(ctx, earlier, &out); err != nil {
			return seen{}, err
		}
	}
	for key, f := range out.facts {
		if !s.tells(f.Kind) {
			delete(out.facts, key)
		}
	}
	for key, f := range nb.Told {
		if !s.tells(f.Kind) {
			out.quiet[key] = true
		}
	}
	return out, nil
}

// needy finds the networks that need a person.
func (s *Service) needy(ctx context.Context, nb notebook, out *seen, now time.Time) error {
	bad, err := s.c.Store.Networks(ctx, store.Filter{
		Conditions: []state.Condition{state.NeedsSignIn, state.NeedsScope, state.Missing, state.Broken, state.Stalled}, Limit: crowd + 1,
	})
	if err != nil {
		return fmt.Errorf("looking for networks that need a person: %w", err)
	}
	if len(bad) > crowd { // which ones were returned is chance: what was told stands
		out.facts[theCrowd] = fact{Kind: ofNetwork, What: crowded}
		for key, f := range nb.Told {
			if strings.HasPrefix(key, ofANetwork) {
				out.facts[key] = f
			}
		}
		return nil
	}
	for _, n := range bad {
		passing := n.Condition == state.Stalled && n.BadRuns < stubborn
		if !n.Paused && !passing {
			out.facts[ofANetwork+n.ID] = fact{Kind: ofNetwork, What: needs(n.Condition), Name: networkName(n), Next: s.c.Next(n)}
		}
	}
	slow, err := s.c.Store.Networks(ctx, store.Filter{Conditions: []state.Condition{state.Failing}, Limit: crowd})
	if err != nil {
		return fmt.Errorf("looking for networks that fail: %w", err)
	}
	for _, n := range slow {
		well := n.CreatedAt
		if n.LastOKAt.After(well) {
			well = n.LastOKAt
		}
		key := ofANetwork + n.ID
		if _, told := nb.Told[key]; !told && !n.Paused && now.Sub(well) >= silent {
			out.facts[key] = fact{Kind: ofNetwork, What: failing, Name: networkName(n), Next: s.c.Next(n)}
		}
	}
	return nil
}

// disk finds whether the store has room. Each machine speaks for its own disk.
func (s *Service) disk(nb notebook, out *seen) {
	own := ofADisk + s.c.Host
	for key := range nb.Told {
		if strings.HasPrefix(key, ofADisk) && (key != own || s.c.Room == nil) {
			out.quiet[key] = true
		}
	}
	if s.c.Room != nil && s.c.Room() != nil {
		out.facts[own] = fact{
			Kind: ofStore, Name: "the disk of the store on " + s.c.Host, What: "is nearly full; collecting pauses", Next: "free some space, then it goes on by itself",
		}
	}
}

// reread looks at the networks of what was told or heard of and not found now.
func (s *Service) reread(ctx context.Context, earlier map[string]fact, out *seen) error {
	for key, f := range earlier {
		if _, found := out.facts[key]; found || key == theCrowd {
			continue
		}
		id, network := strings.CutPrefix(key, ofANetwork)
		if !network {
			if id, network = strings.CutPrefix(key, ofASweep); !network {
				continue
			}
		}
		n, err := s.c.Store.Network(ctx, id)
		switch {
		case errors.Is(err, state.ErrNotFound):
			out.quiet[key] = true
		case err != nil:
			return fmt.Errorf("looking at a network that was told of: %w", err)
		case n.Paused, n.Condition == state.Imported:
			out.quiet[key] = true
		case f.Kind == ofRemovals:
			if withheld(n) {
				out.facts[key] = f
			} else {
				out.quiet[key] = true
			}
		case n.Condition != state.OK, n.LastError != "":
			out.facts[key] = f // it fails in another way, waits, or was not read yet since somebody signed in
		}
	}
	return nil
}

// withheld says that likes of a network are not taken as gone until a person says so.
func withheld(n state.Network) bool { return n.Swept != nil && n.Swept.Withheld && n.Swept.Polled }

// braked is the fact of it.
func braked(n state.Network) fact {
	flags := ""
	if n.User != "me" {
		flags = " --user " + n.User
	}
	return fact{
		Kind: ofRemovals, What: brake, Name: networkName(n),
		Next: "look at the list at its service; if they are gone: collector sync --accept-removals" + flags + " " + n.Name(),
	}
}

// hooks finds the webhooks that are not called any more.
func (s *Service) hooks(ctx context.Context, nb notebook, out *seen) error {
	all, err := s.c.Hooks(ctx)
	if err != nil {
		return fmt.Errorf("looking for webhooks that are not called: %w", err)
	}
	known := map[string]bool{}
	for _, e := range all {
		key := ofAHook + e.ID
		known[key] = true
		switch {
		case e.Paused:
			out.quiet[key] = true
		case e.Health.Of(e.Endpoint).Stopped != "":
			out.facts[key] = fact{
				Kind: ofWebhook, Name: "webhook " + e.ID, What: "is not called any more; what it misses waits", Next: "mend its server, then: collector webhooks resume " + e.ID,
			}
		}
	}
	for key := range nb.Told {
		if strings.HasPrefix(key, ofAHook) && !known[key] {
			out.quiet[key] = true // it was removed
		}
	}
	return nil
}

// survey finds, once a process, what was withheld before it began: between a run and the
// next round a process may have died. A store of very many networks is not read for that.
func (s *Service) survey(ctx context.Context) error {
	all, err := s.c.Store.Networks(ctx, store.Filter{Limit: crowd + 1})
	if err != nil || len(all) > crowd {
		return err
	}
	for _, n := range all {
		s.Ran(n, false)
	}
	return nil
}
