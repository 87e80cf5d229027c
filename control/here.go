package control

import (
	"context"
	"time"

	"collector/control/words"
	"collector/state"
	"collector/upkeep"
)

// Someone is who is meant where no user is named.
const Someone = "me"

// Here notes that a user is there, where that is noted: who is not for long is cleaned
// where the operator wants that.
func (p *Panel) Here(ctx context.Context, user string, now time.Time) error {
	if user == "" {
		user = Someone
	}
	return upkeep.Note(ctx, p.Store, user, now)
}

// UsersSeen notes that users are there: over other pages than those of this program. None is noted
// where one of them has no name, as of a variable that is not set.
func (p *Panel) UsersSeen(ctx context.Context, users []string, now time.Time) error {
	for _, user := range users {
		if words.Line(user) == "" {
			return you(Wrong, "collector users seen NAME", "one of the users has no name; nobody was noted")
		}
	}
	for _, user := range users {
		if err := p.Here(ctx, user, now); err != nil {
			return err
		}
	}
	return nil
}

// hereFor notes the users of networks that were named, or who asked for all of them.
func (p *Panel) hereFor(ctx context.Context, w Wish, chosen []state.Network, now time.Time) error {
	if w.All {
		return p.Here(ctx, w.User, now)
	}
	for _, n := range chosen {
		if err := p.Here(ctx, n.User, now); err != nil {
			return err
		}
	}
	return nil
}
