package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/auth/providers"
	"collector/failpoint"
	"collector/fault"
)

const (
	leaseTime  = 90 * time.Second       // longer than one call with its save can take
	patience   = 10 * time.Second       // how long a worker waits for another process's refresh
	lookAgain  = 200 * time.Millisecond // and how often it looks
	flightTime = 4 * time.Minute        // the longest a refresh with all its steps may take
	saveTries  = 6
)

// fresh is a pair that came back, with the record it replaces.
type fresh struct {
	was, now Credential
	version  int64 // of the record of was
}

// renew refreshes the credential whose version is stale, together with all
// others of this process that want the same.
func (k *Keeper) renew(ctx context.Context, who Who, stale int64, send Send) (Opened, error) {
	k.running.Add(1)
	flight := k.flights.DoChan(who.Account, func() (any, error) {
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightTime)
		defer cancel()
		return k.refresh(own, who, stale, send)
	})
	result := make(chan singleflightResult, 1)
	go func() {
		defer k.running.Done()
		r := <-flight
		next, _ := r.Val.(Opened)
		result <- singleflightResult{next, r.Err}
	}()
	select {
	case r := <-result:
		return r.next, r.err
	case <-ctx.Done():
		return Opened{}, fmt.Errorf("waiting for the sign-in of %s: %w", who.Name, context.Cause(ctx))
	}
}

type singleflightResult struct {
	next Opened
	err  error
}

// refresh gets and stores a fresh pair, under the account's lease.
func (k *Keeper) refresh(ctx context.Context, who Who, stale int64, send Send) (Opened, error) {
	for began := k.now(); ; {
		got, err := k.lease(ctx, who)
		if err != nil {
			return Opened{}, err
		}
		if got {
			break
		}
		if err := pause(ctx, lookAgain); err != nil {
			return Opened{}, err
		}
		if have, err := k.open(ctx, who); err != nil || have.Version != stale {
			return have, err
		}
		if now := k.now(); now.Sub(began) >= patience {
			return Opened{}, &fault.Error{
				Kind: fault.RateLimited, Busy: true, Until: now.Add(patience), Whose: "nobody",
				Reason: "another instance is renewing the sign-in",
			}
		}
	}
	defer func() { _ = k.store.EndRefresh(ctx, who.Account, k.owner) }() // the lease ends by itself too
	have, err := k.open(ctx, who)
	if err != nil || have.Version != stale && !k.due(who, have.Credential) {
		return have, err // somebody was quicker
	}
	return k.climb(ctx, who, have, send)
}

func (k *Keeper) lease(ctx context.Context, who Who) (bool, error) {
	now := k.now()
	got, err := k.store.LeaseRefresh(ctx, who.Account, k.owner, now, now.Add(leaseTime))
	if err != nil {
		return false, fmt.Errorf("leasing the refresh of %s: %w", who.Name, err)
	}
	return got, nil
}

// climb tries the steps one after the other. A refusal is believed only after
// the record was read again: another process may have rotated the pair.
func (k *Keeper) climb(ctx context.Context, who Who, have Opened, send Send) (Opened, error) {
	var last error
	steps := k.steps(who, have.Credential)
	for reread, i := false, 0; i < len(steps); i++ {
		if got, err := k.lease(ctx, who); err != nil || !got { // each step needs the whole length
			return Opened{}, errors.Join(err, fault.New(fault.Temporary, "the refresh of %s took too long and another instance goes on", who.Name))
		}
		g, err := k.ask(ctx, who, steps[i], have.Credential, send)
		if err == nil {
			return k.save(ctx, who, fresh{have.Credential, k.apply(have.Credential, g), have.Version})
		}
		if fault.KindOf(err) != fault.Unauthorized {
			return Opened{}, err
		}
		last = err
		now, err := k.open(ctx, who)
		if err != nil {
			return Opened{}, err
		}
		if now.Version != have.Version && !(now.Access.Equal(have.Access) && now.Refresh.Equal(have.Refresh)) {
			if !k.due(who, now.Credential) || reread {
				return now, nil
			}
			have, steps, reread, i = now, k.steps(who, now.Credential), true, -1
		}
	}
	return Opened{}, dead(who, reason(last, "the sign-in cannot be renewed"))
}

// ask makes the call of one step.
func (k *Keeper) ask(ctx context.Context, who Who, step providers.Step, c Credential, send Send) (providers.Grant, error) {
	reply, err := send(ctx, who, step, c)
	if err != nil {
		return providers.Grant{}, err
	}
	if err := failpoint.Hit(ctx, "token.received"); err != nil {
		return providers.Grant{}, err
	}
	g, err := step.Grant(reply)
	if f := fault.As(err); f != nil { // the reply's own words may hold what was sent
		f.Reason = k.scrub.Scrub(c.Cleaner().Text(f.Reason))
	}
	return g, err
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting to look at a sign-in again: %w", context.Cause(ctx))
	}
}
