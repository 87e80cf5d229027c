package mongo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/bench/webhooks"
	"collector/deliver/webhook"
)

// more is how much later networks may be begun, at the 99th percentile, while the pool of
// jobs of the same process is full.
const more = time.Second

// dueBeside measures how late networks are begun that fall due all the time, by a daemon
// whose pool of jobs has nothing to do, and then by the same daemon while every worker of
// that pool holds a call of a webhook, and more wait.
func dueBeside(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	const name = "mongo/due-jobs"
	f := fleet{Run: r, instances: 1, networks: 150, every: 20 * time.Second, lease: lease, calm: time.Minute}
	changes, takes, least := 30_000, 500*time.Millisecond, webhook.Workers/2.
	if r.Short {
		f.networks, f.every, f.lease, f.calm = 20, 4*time.Second, 3*time.Second, 3*time.Second
		changes, takes, least = 1500, time.Second, 1
	}
	if err := f.settle(ctx, s, name, ""); err != nil {
		return nil, errors.Join(err, f.end())
	}
	defer func() { err = errors.Join(err, f.end()) }()
	alone, err := f.watch(ctx, f.calm)
	if err != nil {
		return nil, err
	}
	to := webhooks.NewReceiver(takes)
	defer to.Close()
	if err := f.fillPool(ctx, s, name, to, changes); err != nil {
		return nil, err
	}
	f.look(time.Now()) // what began until now does not count
	to.Busy()
	beside, err := f.watch(ctx, f.calm)
	if err != nil {
		return nil, err
	}
	calls, busy := to.Calls(), to.Busy()
	r.Log("%s: p99 of each second alone:%v; beside a pool of jobs of which %.0f of %d worked:%v", name, alone, busy, webhook.Workers, beside)
	if busy < least || calls >= changes {
		return nil, fmt.Errorf("the pool was not full: %.0f of %d workers were busy, %d of %d calls made", busy, webhook.Workers, calls, changes)
	}
	with := fmt.Sprintf("%.0f of %d workers of the pool of jobs busy in the mean", busy, webhook.Workers)
	each := fmt.Sprintf("worst second's p99 of the lag of what began or waits; %d networks, one poll each %v", f.networks, f.every)
	return []figure.Figure{
		{Name: name + "/alone", Unit: "s", Ours: alone.worst(), Repeats: 1, Note: each},
		{Name: name + "/beside", Unit: "s", Ours: beside.worst(), Repeats: 1, Note: with},
		{Name: name + "/more", Unit: "s", Ours: max(0, beside.worst()-alone.worst()), Limit: more.Seconds(), Repeats: 1, Note: "how much later with a full pool of jobs"},
	}, nil
}

// fillPool adds a webhook, stores what it is to be told, and waits until every worker has a
// call to make.
func (f *fleet) fillPool(ctx context.Context, s *server, name string, to *webhooks.Receiver, changes int) error {
	add := exec.CommandContext(ctx, f.program, "webhooks", "add", to.URL, "--user", webhooks.User, "--parallel", fmt.Sprint(webhook.Workers))
	add.Env = f.env
	if _, _, err := process.Run(add); err != nil {
		return err
	}
	st, err := s.open(ctx, strings.ReplaceAll(name, "/", "-"), webhooks.User)
	if err != nil {
		return err
	}
	if err := errors.Join(webhooks.Fill(ctx, st, changes), st.Close()); err != nil {
		return err
	}
	return to.Await(ctx, webhook.Workers)
}
