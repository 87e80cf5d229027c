package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"collector/queue"
	"collector/state"
	"collector/store"
)

// CleanEvery is how often it is looked who is inactive.
const CleanEvery = 24 * time.Hour

// MinInactive is the least time after which a user may count as inactive.
const MinInactive = Break

// Cleaner ends the collecting of lists whose users are inactive: no sign of them was
// seen for the time After. What was collected is kept and can be searched; the sign-in goes with the
// last list of its account. Nothing else is deleted.
type Cleaner struct {
	Store store.Store
	After time.Duration // at least MinInactive
	// Using returns the users of whom it is known otherwise that they use what is
	// collected, and by what; nil: none.
	Using func(context.Context) (map[string]string, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// User is a user with lists that are collected.
type User struct {
	Name     string
	Seen     time.Time // the last sign
	By       string    // what it was, in words
	Due      time.Time // inactive from then on; zero while something else uses it
	Networks []state.Network
}

// Report says who is inactive, and who will be.
type Report struct {
	At    time.Time
	Since time.Time // since when it is noted who is there; zero: it is not
	Users []User    // the inactive ones first, then by when they will be; those with Due zero last
}

// Inactive are the users of a report whose lists a turn would clean.
func (r Report) Inactive() []User {
	if r.Since.IsZero() {
		return nil
	}
	var out []User
	for _, u := range r.Users {
		if !u.Due.IsZero() && !u.Due.After(r.At) {
			out = append(out, u)
		}
	}
	return out
}

// Look finds out who is inactive, and changes nothing.
func (c Cleaner) Look(ctx context.Context) (Report, error) {
	w, err := readWatch(ctx, c.Store)
	if err != nil {
		return Report{}, err
	}
	now := c.Now()
	r := Report{At: now}
	if !w.Since.IsZero() {
		r.Since = w.at(now).Since
	}
	using := map[string]string{}
	if c.Using != nil {
		if using, err = c.Using(ctx); err != nil {
			return r, err
		}
	}
	accounts, err := c.Store.Accounts(ctx, "")
	if err != nil {
		return r, err
	}
	for len(accounts) > 0 { // they come by user
		n := slices.IndexFunc(accounts, func(a state.Account) bool { return a.User != accounts[0].User })
		if n < 0 {
			n = len(accounts)
		}
		u, err := c.user(ctx, accounts[:n], r.Since)
		if err != nil {
			return r, err
		}
		if by := using[u.Name]; by != "" {
			u.Seen, u.By, u.Due = now, by, time.Time{}
		}
		if len(u.Networks) > 0 {
			r.Users = append(r.Users, u)
		}
		accounts = accounts[n:]
	}
	slices.SortStableFunc(r.Users, func(a, b User) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		if d := a.Due.Compare(b.Due); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return r, nil
}

// user finds the last sign of the user of some accounts. Nothing is known of the time
// before the watch began, so nobody was last seen before that.
func (c Cleaner) user(ctx context.Context, accounts []state.Account, since time.Time) (User, error) {
	u := User{Name: accounts[0].User}
	seen, err := Seen(ctx, c.Store, u.Name)
	if err != nil {
		return u, err
	}
	all, err := c.Store.Networks(ctx, store.Filter{User: u.Name})
	if err != nil {
		return u, err
	}
	sign := func(at time.Time, by string) {
		if at.After(u.Seen) {
			u.Seen, u.By = at, by
		}
	}
	sign(since, "the watch began")
	for _, a := range accounts {
		sign(a.CreatedAt, "signed in")
	}
	for _, n := range all {
		sign(n.CreatedAt, "connected "+n.Name())
		if n.Condition != state.Imported { // nobody collects those
			u.Networks = append(u.Networks, n)
		}
	}
	sign(seen, "was there")
	u.Due = u.Seen.Add(c.After)
	return u, nil
}

// Cleaned counts what a turn did.
type Cleaned struct{ Users, Networks int }

// Clean ends the collecting of the lists of all who are inactive, and logs each.
func (c Cleaner) Clean(ctx context.Context) (Cleaned, error) {
	var done Cleaned
	r, err := c.Look(ctx)
	if err != nil {
		return done, err
	}
	for _, u := range r.Inactive() {
		seen, err := Seen(ctx, c.Store, u.Name)
		if err != nil {
			return done, err
		}
		if seen.After(u.Seen) { // since it was looked at
			continue
		}
		for _, n := range u.Networks {
			switch _, err := c.Store.RemoveNetwork(ctx, n.ID, false); {
			case errors.Is(err, state.ErrNotFound): // somebody else was faster
				continue
			case err != nil:
				return done, fmt.Errorf("ending the collecting of %s: %w", n.Name(), err)
			}
			done.Networks++
			c.Log.Info("an inactive user's list is no longer collected; its items are kept", "user", u.Name, "network", n.Name(), "items", n.Items,
				"seen", u.Seen.UTC().Format(time.RFC3339), "sign", u.By)
		}
		done.Users++
	}
	return done, nil
}

// turn is one job: the watch goes on, and who is inactive is cleaned.
func (c Cleaner) turn(ctx context.Context) error {
	w, err := readWatch(ctx, c.Store)
	if err != nil {
		return err
	}
	now := c.Now()
	next := w.at(now)
	if !next.Since.Equal(w.Since) {
		c.Log.Info("it is noted from now on who uses what was collected", "inactive_from", now.Add(c.After).UTC().Format(time.RFC3339))
	}
	if err := next.write(ctx, c.Store); err != nil {
		return err
	}
	done, err := c.Clean(ctx)
	if err == nil {
		c.Log.Info("cleaning done", "inactive_users", done.Users, "networks", done.Networks, "after", c.After)
	}
	return err
}

// clean are the jobs of cleaning. A turn that fails is tried again for some hours; the
// next one does what it left.
var clean = queue.Kind[struct{}]{Name: "clean", Queue: Queue, Policy: queue.Policy{MaxAttempts: 8, Backoff: queue.Exponential(time.Minute, time.Hour), Timeout: time.Hour}}

// Handler does the jobs that Recurring adds.
func (c Cleaner) Handler() queue.Handler {
	return clean.Handle(func(ctx context.Context, _ *queue.Task, _ struct{}) error { return c.turn(ctx) })
}

// Recurring adds a turn of cleaning a day, whoever runs: one for all. The first one comes
// at the start.
func (c Cleaner) Recurring() (queue.Recurring, error) {
	j, err := clean.Job(struct{}{})
	return queue.Recurring{Name: "clean", Every: CleanEvery, Job: j, CatchUp: true}, err
}
