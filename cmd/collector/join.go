package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"collector/cluster"
	"collector/cluster/etcd"
	"collector/cluster/solo"
	"collector/cmd/collector/internal/config"
	"collector/store"
)

// registry opens what instances find each other by: etcd, or this process alone.
func (a *app) registry() (cluster.Registry, error) {
	if a.hub != nil {
		return a.hub, nil
	}
	c := a.conf.Cluster
	if c.Cluster == "" {
		return solo.New(), nil
	}
	at, err := config.ParseEtcd(c.Cluster)
	if err != nil {
		return nil, err // it was checked when it was read
	}
	password := c.ClusterPassword.Reveal()
	if c.ClusterPasswordFile != "" {
		b, err := os.ReadFile(c.ClusterPasswordFile)
		if err != nil {
			return nil, you(exitConfig, "mend COLLECTOR_CLUSTER_PASSWORD_FILE", "reading the password of the cluster: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	r, err := etcd.Open(etcd.Options{
		Endpoints: at.Endpoints, Prefix: at.Prefix, User: c.ClusterUser, Password: password,
		TLS: at.TLS, CAFile: c.ClusterCAFile, CertFile: c.ClusterCertFile, KeyFile: c.ClusterKeyFile,
	})
	if err != nil {
		return nil, you(exitConfig, "mend the files of COLLECTOR_CLUSTER_CA_FILE, _CERT_FILE and _KEY_FILE", "%w", err)
	}
	return r, nil
}

// together says whether instances find each other.
func (a *app) together() bool { return a.conf.Cluster.Cluster != "" || a.hub != nil }

// joined is this instance's part in its cluster.
type joined struct {
	*cluster.Member
	alone    bool // there is no cluster but this process
	registry cluster.Registry
	log      *slog.Logger
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// join makes this instance a member that is not started. Then it registers in the
// background and goes on trying: a cluster that cannot be reached stops nobody.
// running says how many networks are in work, drained is called when somebody asks
// this one to leave.
func (a *app) join(st store.Store, how collecting, log *slog.Logger, running func() int, drained func()) (*joined, error) {
	r, err := a.registry()
	if err != nil {
		return nil, err
	}
	j := &joined{registry: r, log: log, alone: !a.together()}
	self := cluster.Peer{
		ID: how.owner, Host: a.host, Address: firstOf(a.conf.ClusterAddress, a.host),
		Mode: a.conf.Mode, Version: version, Started: a.now(), Claims: a.claims(),
	}
	c := cluster.Config{TTL: a.conf.ClusterTTL, Log: log, Self: func() cluster.Peer {
		p := self
		p.Load = running()
		return p
	}, On: func(e cluster.Event) { j.tell(e, drained) }}
	if how.chores == nil {
		how.chores = chores{st, a.now, log}.into
	}
	how.chores(&c, func() *cluster.Member { return j.Member })
	j.Member = cluster.New(c, r)
	return j, nil
}

// start joins. It leaves when it is closed, after the work in hand, and not when
// ctx ends.
func (j *joined) start(ctx context.Context) {
	inside, stop := context.WithCancel(context.WithoutCancel(ctx))
	j.stop = stop
	j.done.Go(func() {
		if err := j.Run(inside); err != nil {
			j.log.Warn("leaving the cluster", "err", err)
		}
	})
}

// settles waits until it is known who leads, at most for as long as is given: who ends
// before that tells nobody of what it found, and whoever leads may be gone as well.
func (j *joined) settles(ctx context.Context, within time.Duration) {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-j.Settled():
	case <-late.C:
	case <-ctx.Done():
	}
}

// claims says what this instance restricts itself to, "" for nothing.
func (a *app) claims() string {
	var parts []string
	if len(a.conf.ClaimServices) > 0 {
		parts = append(parts, strings.Join(a.conf.ClaimServices, ","))
	}
	if a.conf.Shard != "" {
		parts = append(parts, "users "+a.conf.Shard)
	}
	return strings.Join(parts, ", ")
}

// close resigns and leaves.
func (j *joined) close() {
	j.stop()
	j.done.Wait()
	if err := j.registry.Close(); err != nil {
		j.log.Warn("closing the connection to the cluster", "err", err)
	}
}

// tell logs what happens in the cluster. One that is alone has nothing to tell.
func (j *joined) tell(e cluster.Event, drained func()) {
	level := slog.LevelInfo
	if j.alone || e.Kind == cluster.Changed {
		level = slog.LevelDebug
	}
	say := func(level slog.Level, msg string, args ...any) { j.log.Log(context.Background(), level, msg, args...) }
	switch e.Kind {
	case cluster.Init:
		var ids []string
		for _, p := range e.Members {
			ids = append(ids, p.ID)
		}
		say(level, "joined the cluster", "registry", j.registry.Describe(), "members", ids)
	case cluster.Added:
		say(level, "an instance joined the cluster", "instance", e.Peer.ID, "mode", e.Peer.Mode, "version", e.Peer.Version)
	case cluster.Changed:
		say(level, "an instance tells of itself", "instance", e.Peer.ID, "load", e.Peer.Load, "draining", e.Peer.Draining)
	case cluster.Removed:
		say(level, "an instance left the cluster", "instance", e.Peer.ID)
	case cluster.Led:
		say(level, "the cluster has a leader", "instance", e.Peer.ID, "term", e.Term)
	case cluster.Promoted:
		say(level, "this instance leads the cluster", "term", e.Term)
	case cluster.Demoted:
		say(level, "this instance leads the cluster no more", "term", e.Term)
	case cluster.Draining:
		say(slog.LevelInfo, "asked to leave the cluster: it claims nothing more, finishes what is in hand and ends")
		drained()
	case cluster.Lost:
		say(slog.LevelWarn, "the cluster does not answer; collecting goes on by claims alone, and it is tried again", "err", e.Err)
	case cluster.Back:
		say(slog.LevelInfo, "the cluster answers again; this instance is registered")
	default:
		say(slog.LevelDebug, fmt.Sprintf("the cluster: %s", e.Kind))
	}
}
