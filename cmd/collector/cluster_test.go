package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/solo"
	"collector/control"
	"collector/web/remote"
)

// TestClusterPicture holds the table to what an operator has to see at a glance:
// who leads, who leaves, who claims only a part, and different versions.
func TestClusterPicture(t *testing.T) {
	var out strings.Builder
	a := newApp(nil, nil, &out, &out)
	a.now = atNoon
	v := clusterView{Schema: 1, Registry: "etcd at e:2379, keys under likes/", Leader: "web1-7-ab", Term: 9, Tasks: 1}
	for _, p := range []cluster.Peer{
		{ID: "web1-7-ab", Host: "web1", Address: "10.0.0.1", Mode: "both", Version: "v1.2.0", Started: noon.Add(-3 * time.Hour), Load: 12},
		{ID: "web2-8-cd", Host: "web2", Address: "10.0.0.2", Mode: "normal", Version: "v1.1.0\x1b[31m", Started: noon.Add(-time.Minute), Claims: "github, users 1/3", Draining: true},
	} {
		v.Members = append(v.Members, memberView{Peer: p, Leader: p.ID == v.Leader})
	}
	a.printCluster(v)
	golden(t, ".", "cluster-status", out.String())
}

// TestClusterNeedsOne: without --cluster the commands say so, and with an etcd that
// does not answer they say that, within a few seconds.
func TestClusterNeedsOne(t *testing.T) {
	inFolder(t)
	for _, args := range []string{"cluster status", "cluster members", "cluster leader", "drain"} {
		o := program{}.run(t, strings.Fields(args)...)
		if o.code != exitUsage || !strings.Contains(o.err, "no cluster is configured") || !strings.Contains(o.err, "--cluster=etcd://") {
			t.Errorf("%s: %d %s", args, o.code, o.err)
		}
	}
	begun := time.Now()
	o := program{}.run(t, "cluster", "leader", "--cluster=etcd://127.0.0.1:1/likes")
	if o.code != exitTemporary || !strings.Contains(o.err, "etcd does not answer") || time.Since(begun) > 6*clusterPatience {
		t.Errorf("an etcd that does not answer: %d %s", o.code, o.err)
	}
	write(t, "password", "canary")
	begun = time.Now()
	o = program{}.run(t, "cluster", "leader", "--cluster=etcd://127.0.0.1:1/likes", "--cluster-user=u", "--cluster-password-file=password")
	if o.code != exitTemporary || strings.Contains(o.err, "canary") || time.Since(begun) > 6*clusterPatience {
		t.Errorf("an etcd that cannot be signed in to: %d %s", o.code, o.err)
	}
	o = program{}.run(t, "cluster", "leader", "--cluster=etcds://127.0.0.1:1/likes", "--cluster-ca-file=missing.pem")
	if o.code != exitConfig || !strings.Contains(o.err, "missing.pem") {
		t.Errorf("a certificate that is not there: %d %s", o.code, o.err)
	}
	o = program{}.run(t, "cluster", "leader", "--cluster=etcd://127.0.0.1:1/likes", "--cluster-user=u", "--cluster-password-file=missing")
	if o.code != exitConfig || !strings.Contains(o.err, "password of the cluster") {
		t.Errorf("a password that is not there: %d %s", o.code, o.err)
	}
}

// TestDaemonWithoutItsCluster: an etcd that does not answer stops nobody, and the
// log says what holds meanwhile.
func TestDaemonWithoutItsCluster(t *testing.T) {
	inFolder(t)
	program{}.run(t, "--once", "--log-format=json", "--cluster=etcd://127.0.0.1:1/likes", "--cluster-ttl=2s").must(t)
	out, stop := background(t, nil, "--log-format=json", "--cluster=etcd://127.0.0.1:1/likes", "--cluster-ttl=2s")
	out.await(t, "collecting goes on by claims alone", patience)
	if code := stop(); code != exitOK {
		t.Errorf("the daemon ended with %d: %s", code, out)
	}
}

// TestDrainOfThisMachine: without a name the one member of this machine is meant,
// and the command waits until it has left.
func TestDrainOfThisMachine(t *testing.T) {
	var out strings.Builder
	a := newApp(nil, nil, &out, &out)
	a.host = "web1"
	hub := solo.New()
	ctx := t.Context()
	lease, _, err := hub.Grant(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	join := func(id, host string) {
		t.Helper()
		ok, err := hub.Commit(ctx, cluster.Txn{Then: []cluster.Op{{Key: "members/" + id, Value: []byte(`{"host":"` + host + `"}`), Lease: lease}}})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	if id, err := a.drained(ctx, atRegistry{hub}, nil); err == nil {
		t.Errorf("nobody runs here, and %s is meant", id)
	}
	join("web1-7-ab", "web1")
	join("web2-8-cd", "web2")
	if id, err := a.drained(ctx, atRegistry{hub}, nil); err != nil || id != "web1-7-ab" {
		t.Errorf("meant is %q, %v", id, err)
	}
	if id, err := a.drained(ctx, atRegistry{hub}, []string{"web2-8-cd"}); err != nil || id != "web2-8-cd" {
		t.Errorf("named is %q, %v", id, err)
	}
	if p := problemOf(a.awaitLeaving(ctx, atRegistry{hub}, "web1-7-ab", false, 300*time.Millisecond)); p.code != exitTemporary {
		t.Errorf("one that does not leave: %+v", p)
	}
	join("web1-9-ef", "web1")
	if id, err := a.drained(ctx, atRegistry{hub}, nil); err == nil || !strings.Contains(err.Error(), "web1-7-ab, web1-9-ef") {
		t.Errorf("two run here, and %s is meant, %v", id, err)
	}
	if err := hub.Revoke(ctx, lease); err != nil {
		t.Fatal(err)
	}
	if err := a.awaitLeaving(ctx, atRegistry{hub}, "web1-7-ab", false, time.Minute); err != nil || !strings.Contains(out.String(), "web1-7-ab has left") {
		t.Errorf("one that left: %v, %s", err, out.String())
	}
}

// gone is a cluster of which the collector that was asked answers no more.
type gone struct {
	clusterDesk
	why error
}

func (g gone) Cluster(context.Context) (control.Cluster, error) {
	return control.Cluster{}, &control.Problem{Kind: control.Temporary, Reason: "nothing came", Err: g.why}
}

// TestDrainOfTheOneThatAnswers: it is ending once it answers no more, and may have work in hand; of
// another one that is not known.
func TestDrainOfTheOneThatAnswers(t *testing.T) {
	for _, c := range []struct {
		why     error
		answers bool
		ending  bool
	}{{remote.ErrNobody, true, true}, {remote.ErrBroken, true, true}, {remote.ErrNobody, false, false}, {remote.ErrToken, true, false}} {
		var out strings.Builder
		a := newApp(nil, nil, &out, &out)
		err := a.awaitLeaving(t.Context(), gone{why: c.why}, "web1-7-ab", c.answers, time.Minute)
		if ending := err == nil && strings.Contains(out.String(), "web1-7-ab answers no more and is ending"); ending != c.ending || strings.Contains(out.String(), "has left") {
			t.Errorf("%+v: %v, %s", c, err, out.String())
		}
	}
}
