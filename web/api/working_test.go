package api_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/broker"
	"collector/cluster"
	"collector/control"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/store"
)

func (w *world) jobs() []queue.Store { return []queue.Store{w.kept.jobs} }

// TestJobs are listed, told of, retried and removed by the operator.
func TestJobs(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		list := func(q string) string {
			t.Helper()
			var got struct {
				Jobs []control.Job
				More bool
			}
			w.ok("operator", "GET", "/api/jobs"+q, "", &got)
			var out []string
			for _, j := range got.Jobs {
				if j.Data != nil {
					t.Errorf("a list tells what %s is to work on", j.ID)
				}
				out = append(out, j.ID+" "+string(j.State))
			}
			if got.More {
				out = append(out, "more")
			}
			return strings.Join(out, ", ")
		}
		for q, want := range map[string]string{
			"?queue=upkeep": "export-1 dead, export-2 scheduled", "?state=dead&kind=webhook": "anna-call dead, bob-call dead", "?limit=1&newest=true": "export-2 scheduled, more",
			"?error=refused&limit=3": "anna-call dead, bob-call dead, export-1 dead", "?older=3601": "",
		} {
			if got := list(q); got != want {
				t.Errorf("%s: %s, want %s", q, got, want)
			}
		}
		w.refused("operator", "GET", "/api/jobs?queue=upkep", "", http.StatusNotFound, `did you mean \"upkeep\"?`)
		for _, q := range []string{"?limit=0", "?limit=1001", "?state=odd", "?older=-1"} {
			w.refused("operator", "GET", "/api/jobs"+q, "", http.StatusUnprocessableEntity, "query.")
		}
		var one control.Job
		w.ok("operator", "GET", "/api/jobs/show?job=export-1&content=true", "", &one)
		if string(one.Data) != `{"a":[1]}` || one.MaxAttempts != 3 || one.Finished == nil {
			t.Errorf("shown: %+v", one)
		}
		if a := w.get("operator", "/api/jobs/show?job=export-1"); strings.Contains(string(a.body), `"data"`) {
			t.Errorf("shown unasked: %s", a.body)
		}
		w.refused("operator", "GET", "/api/jobs/show?job=none", "", http.StatusNotFound, "there is no job")
		var counts struct{ Queues []control.Queue }
		w.ok("operator", "GET", "/api/jobs/counts", "", &counts)
		if len(counts.Queues) != 3 || counts.Queues[0].Queue != "upkeep" || counts.Queues[0].Dead != 1 || counts.Queues[0].Scheduled != 1 {
			t.Errorf("counts: %+v", counts)
		}

		change := func(path, body string, want int) {
			t.Helper()
			var got struct{ Changed int }
			if w.ok("operator", "POST", "/api/jobs/"+path, body, &got); got.Changed != want {
				t.Errorf("%s %s changed %d, want %d", path, body, got.Changed, want)
			}
		}
		change("retry", `{"job":"export-1"}`, 1)
		change("retry", `{"all":true,"queue":"upkeep","state":"scheduled"}`, 1)
		change("retry", `{"all":true,"kind":"export"}`, 0)
		if got := list("?queue=upkeep"); got != "export-1 ready, export-2 ready" {
			t.Errorf("retried: %s", got)
		}
		w.refused("operator", "POST", "/api/jobs/retry", `{"job":"export-1"}`, http.StatusUnprocessableEntity, "only dead jobs")
		w.refused("operator", "POST", "/api/jobs/retry", `{"all":true,"state":"ready"}`, http.StatusUnprocessableEntity, "cannot be retried")
		change("remove", `{"job":"export-2"}`, 1)
		change("remove", `{"all":true,"state":"dead","error":"refused"}`, 2)
		if got := list(""); got != "export-1 ready" {
			t.Errorf("removed: %s", got)
		}
		if _, err := w.kept.jobs.Claim(t.Context(), queue.Claim{Queue: "upkeep", N: 1, Owner: "host-1", Now: noon, Until: noon.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		w.refused("operator", "POST", "/api/jobs/remove", `{"job":"export-1"}`, http.StatusConflict, "runs")
		for _, verb := range []string{"retry", "remove"} {
			for body, reason := range map[string]string{`{}`: "left open", `{"job":"export-1","all":true}`: "left open", `{"job":"export-1","kind":"export"}`: "one job is named", `{"all":true,"state":"odd"}`: "body.state"} {
				w.refused("operator", "POST", "/api/jobs/"+verb, body, http.StatusUnprocessableEntity, reason)
			}
			w.refused("operator", "POST", "/api/jobs/"+verb, `{"job":"none"}`, http.StatusNotFound, "there is no job")
		}
		var workers struct{ Workers []control.Worker }
		w.ok("operator", "GET", "/api/workers", "", &workers)
		if len(workers.Workers) != 1 || workers.Workers[0].Job != "export-1" || workers.Workers[0].PID != 1 {
			t.Errorf("workers: %+v", workers)
		}
	})
}

// TestPeekingIsBounded: whatever is asked for, messages are read few at a time, and no more of
// their content is answered than memory has room for.
func TestPeekingIsBounded(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var many []queue.Job
		for i := range 50 {
			many = append(many, queue.Job{ID: fmt.Sprintf("n-%02d", i), Queue: "/queue/many", Kind: "other", Data: []byte("x")})
		}
		for i := range 3 {
			many = append(many, queue.Job{ID: fmt.Sprintf("large-%d", i), Queue: "/queue/large", Kind: "other", Data: bytes.Repeat([]byte("x"), 4<<20)})
		}
		if _, err := w.kept.messages.Add(t.Context(), noon, "", many); err != nil {
			t.Fatal(err)
		}
		most := 0
		beside := w.panel.Beside.Messages
		w.panel.Beside.Messages = func(ctx context.Context, reading bool, fn func(queue.Store, broker.Log) error) error {
			return beside(ctx, reading, func(jobs queue.Store, log broker.Log) error { return fn(paging{jobs, &most}, log) })
		}
		for _, c := range []struct {
			ask, first, last string
			n                int
			more             bool
		}{
			{"many&limit=1000&content=true", "n-00", "n-49", 50, false},
			{"many&limit=50", "n-00", "n-49", 50, false},
			{"many&limit=45&newest=true", "n-49", "n-05", 45, true},
			{"many&limit=20", "n-00", "n-19", 20, true},
			{"large&limit=1000&content=true", "large-0", "large-1", 2, true},
			{"large&limit=1000", "large-0", "large-2", 3, false},
			{"many&state=dead", "", "", 0, false},
		} {
			var got struct {
				Messages []control.Message
				More     bool
			}
			w.ok("operator", "GET", "/api/queues/peek?queue="+c.ask, "", &got)
			if len(got.Messages) != c.n || got.More != c.more || c.n > 0 && (got.Messages[0].ID != c.first || got.Messages[c.n-1].ID != c.last) {
				t.Errorf("%s: %d messages, more: %v", c.ask, len(got.Messages), got.More)
			}
		}
		if most == 0 || most > 20 {
			t.Errorf("up to %d messages were read at once", most)
		}
	})
}

// paging tells how many jobs are read at once.
type paging struct {
	queue.Store
	most *int
}

func (p paging) Jobs(ctx context.Context, f queue.Filter, page queue.Page) ([]queue.Job, string, error) {
	list, next, err := p.Store.Jobs(ctx, f, page)
	*p.most = max(*p.most, len(list))
	return list, next, err
}

// TestAllAreThoseThatWereThere: what is added while all are changed is left alone.
func TestAllAreThoseThatWereThere(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for jobs, queueName := range map[*queuememory.Store]string{w.kept.jobs: "upkeep", w.kept.messages: "/queue/likes"} {
			if _, err := jobs.Add(t.Context(), noon.Add(time.Second), "", []queue.Job{{ID: "late", Queue: queueName, Kind: "export"}}); err != nil {
				t.Fatal(err)
			}
		}
		var changed struct{ Changed int }
		if w.ok("operator", "POST", "/api/jobs/remove", `{"all":true}`, &changed); changed.Changed != 4 {
			t.Errorf("%d jobs were removed", changed.Changed)
		}
		if w.ok("operator", "POST", "/api/queues/remove", `{"queue":"likes","all":true}`, &changed); changed.Changed != 2 {
			t.Errorf("%d messages were removed", changed.Changed)
		}
		for _, jobs := range []queue.Store{w.kept.jobs, w.kept.messages} {
			if _, err := jobs.Job(t.Context(), "late"); err != nil {
				t.Errorf("what came meanwhile: %v", err)
			}
		}
		w.ok("operator", "POST", "/api/jobs/remove", `{"job":"late"}`, &changed)
		w.ok("operator", "POST", "/api/queues/remove", `{"queue":"likes","message":"late"}`, &changed)
	})
}

// TestMessages are shown, requeued and removed by the operator, and queues paused.
func TestMessages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		peek := func(q string) (out []control.Message) {
			t.Helper()
			var got struct{ Messages []control.Message }
			w.ok("operator", "GET", "/api/queues/peek?queue=likes"+q, "", &got)
			return got.Messages
		}
		if got := peek(""); len(got) != 2 || got[0].Body+got[0].Base64 != "" || got[0].State != queue.Dead || got[0].Bytes != 1+len(secret) {
			t.Errorf("peeked: %+v", got)
		}
		if got := peek("&content=true&newest=true"); got[0].Body != secret || got[1].Base64 == "" {
			t.Errorf("with bodies: %+v", got)
		}
		if got := peek("&state=ready"); len(got) != 1 || got[0].ID != "m-2" {
			t.Errorf("ready: %+v", got)
		}
		w.refused("operator", "GET", "/api/queues/peek?queue=like", "", http.StatusNotFound, "there is no queue")
		var queues struct{ Queues []control.Queue }
		for _, verb := range []string{"pause", "resume"} {
			w.ok("operator", "POST", "/api/queues/"+verb, `{"queue":"likes"}`, &struct{}{})
			if w.ok("operator", "GET", "/api/queues", "", &queues); len(queues.Queues) != 1 || queues.Queues[0].Paused != (verb == "pause") {
				t.Errorf("after %s: %+v", verb, queues)
			}
			w.refused("operator", "POST", "/api/queues/"+verb, `{"queue":"none"}`, http.StatusNotFound, "there is no queue")
		}
		var changed struct{ Changed int }
		w.ok("operator", "POST", "/api/queues/requeue", `{"queue":"likes","message":"m-1"}`, &changed)
		if got := peek(""); changed.Changed != 1 || got[0].State != queue.Ready {
			t.Errorf("requeued: %+v", got)
		}
		w.refused("operator", "POST", "/api/queues/requeue", `{"queue":"likes","message":"m-1"}`, http.StatusUnprocessableEntity, "is not dead")
		if _, err := w.kept.messages.Claim(t.Context(), queue.Claim{Queue: "/queue/likes", N: 2, Owner: "c", Now: noon, Until: noon.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		w.refused("operator", "POST", "/api/queues/remove", `{"queue":"likes","message":"m-1"}`, http.StatusConflict, "in a consumer's hands")
		if _, err := w.kept.messages.Rescue(t.Context(), noon.Add(2*time.Minute), 10); err != nil {
			t.Fatal(err)
		}
		w.ok("operator", "POST", "/api/queues/remove", `{"queue":"likes","message":"m-1"}`, &changed)
		w.ok("operator", "POST", "/api/queues/remove", `{"queue":"likes","all":true,"state":"ready","older":60}`, &changed)
		if got := peek(""); changed.Changed != 1 || len(got) != 0 {
			t.Errorf("removed: %+v", got)
		}
		for _, verb := range []string{"requeue", "remove"} {
			w.refused("operator", "POST", "/api/queues/"+verb, `{"queue":"likes"}`, http.StatusUnprocessableEntity, "left open")
			w.refused("operator", "POST", "/api/queues/"+verb, `{"queue":"likes","message":"none"}`, http.StatusNotFound, "there is no message")
		}
		var topics control.Topics
		w.ok("operator", "GET", "/api/topics", "", &topics)
		if len(topics.Topics) != 1 || topics.Topics[0].Messages != 1 {
			t.Errorf("topics: %+v", topics)
		}
	})
}

// TestClusterOverHTTP shows the members, and says where there is no cluster.
func TestClusterOverHTTP(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var of control.Cluster
		w.ok("operator", "GET", "/api/cluster", "", &of)
		if of.Registry == "" || len(of.Members) != 0 {
			t.Errorf("cluster: %+v", of)
		}
		w.refused("operator", "POST", "/api/cluster/drain", `{"member":"host-1"}`, http.StatusNotFound, "no such member: host-1")
		lease, _, err := w.kept.hub.Grant(t.Context(), time.Hour)
		w.must(err)
		if ok, err := w.kept.hub.Commit(t.Context(), cluster.Txn{Then: []cluster.Op{{Key: "members/host-1", Value: []byte(`{"host":"h"}`), Lease: lease}}}); err != nil || !ok {
			t.Fatal(ok, err)
		}
		for self, of := range map[bool]string{true: "host-1", false: "host-2"} {
			w.panel.Beside.Member = of
			var left control.Drained
			if w.ok("operator", "POST", "/api/cluster/drain", `{"member":"host-1"}`, &left); left.Answers != self || left.Member != "host-1" {
				t.Errorf("asked to leave: %+v", left)
			}
		}
		asked, _, err := w.kept.hub.List(t.Context())
		w.must(err)
		if !slices.ContainsFunc(asked, func(e cluster.Entry) bool { return e.Key != "members/host-1" && strings.HasSuffix(e.Key, "/host-1") }) {
			t.Errorf("nobody is asked to leave: %+v", asked)
		}
		w.panel.Beside.Cluster = nil
		w.refused("operator", "POST", "/api/cluster/drain", `{"member":"host-1"}`, http.StatusNotFound, "no cluster is configured")
		w.refused("operator", "GET", "/api/cluster", "", http.StatusNotFound, "no cluster is configured")
	})
}

// TestAnInstanceIsAskedOverHTTP for what it hears with its next sign of life.
func TestAnInstanceIsAskedOverHTTP(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.refused("operator", "POST", "/api/workers/quiet", `{"instance":"host-1"}`, http.StatusUnprocessableEntity, "is of a version that cannot be asked")
		in := store.Instance{ID: "host-2", Host: "h", Seen: noon, Started: noon, Vitals: &store.Vitals{Busy: 3, Workers: 4, Leases: 5, Calls: 60, Memory: 7 << 20, Resident: true, Conns: 1, MostConns: 9}}
		beat := func() store.Wish {
			wish, err := w.store.Heartbeat(t.Context(), in)
			w.must(err)
			return wish
		}
		beat()
		for _, c := range []struct {
			verb, state string
			wish        store.Wish
		}{{"quiet", control.BecomingQuiet, store.Quiet}, {"resume", control.AtWork, store.Work}, {"quiet", control.BecomingQuiet, store.Quiet}, {"stop", control.Ending, store.Stop}} {
			var asked control.Asked
			w.ok("operator", "POST", "/api/workers/"+c.verb, `{"instance":"host-2"}`, &asked)
			if wish := beat(); asked.Instance != "host-2" || asked.State != c.state || asked.Within != 5 || wish != c.wish {
				t.Errorf("%s: %+v, and it was wished %q", c.verb, asked, wish)
			}
		}
		w.refused("operator", "POST", "/api/workers/resume", `{"instance":"host-2"}`, http.StatusUnprocessableEntity, "is ending")
		var status control.Status
		w.ok("operator", "GET", "/api/status", "", &status)
		if len(status.Instances) != 2 || status.Instances[0].Vitals != nil || status.Instances[1].Vitals == nil || *status.Instances[1].Vitals != (control.Vitals{Busy: 3, Workers: 4, Leases: 5, Calls: 60, Memory: 7 << 20, Resident: true, Conns: 1, Most: 9}) || status.Instances[1].State != control.Ending {
			t.Errorf("%+v", status.Instances)
		}
		var anna control.Status
		w.ok("anna", "GET", "/api/status", "", &anna)
		if len(anna.Instances) != 0 {
			t.Errorf("a user sees instances: %+v", anna.Instances)
		}
	})
}

// TestTheOperatorsAlone: what belongs to the installation is shown to nobody else, nor
// changed by him, with whatever scopes a user has.
func TestTheOperatorsAlone(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		before := w.bobs()
		asked := 0
		for path := range w.spec.Paths {
			for _, of := range []string{"jobs", "queues", "topics", "workers", "top", "cluster", "config", "export/background", "backup", "users"} {
				if path != "/api/"+of && !strings.HasPrefix(path, "/api/"+of+"/") {
					continue
				}
				for method := range w.spec.Paths[path] {
					method = strings.ToUpper(method)
					q, body := map[string]string{"/api/jobs/show": "?job=export-1", "/api/queues/peek": "?queue=likes"}[path], ""
					if method == "POST" {
						body = map[string]string{"jobs": `{"all":true}`, "queues": `{"queue":"likes","all":true}`, "export/background": `{}`, "cluster": `{"member":"host-1"}`}[of]
						if of == "users" {
							body = map[string]string{"/api/users/purge": `{"user":"bob"}`, "/api/users/clean": `{"inactive":2592000}`, "/api/users/seen": `{"users":["bob"]}`}[path]
						}
						if of == "workers" {
							body = `{"instance":"host-1"}`
						} else if strings.HasSuffix(path, "/pause") || strings.HasSuffix(path, "/resume") {
							body = `{"queue":"likes"}`
						}
					}
					for _, who := range []string{"anna", "browser", "reader", "watcher", "figures"} {
						asked++
						w.refused(who, method, path+q, body, http.StatusForbidden, "for the operator alone")
					}
				}
			}
		}
		if asked != 5*25 {
			t.Errorf("%d questions were asked", asked)
		}
		if after := w.bobs(); after != before {
			t.Errorf("it was %s, is %s", before, after)
		}
	})
}

// TestFiguresTellOfNothingElse: who may see figures alone is refused by every question that
// tells of networks, of items, or of anybody.
func TestFiguresTellOfNothingElse(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		static := map[string]bool{"/api/connectors": true, "/api/connectors/{name}": true} // what this program can collect
		asked := 0
		for path, methods := range w.spec.Paths {
			op, is := methods["get"]
			if !is {
				continue
			}
			at := strings.ReplaceAll(path, "{name}", "github") + "?"
			for _, p := range op.Parameters {
				if p.Required && p.In == "query" {
					at += p.Name + "=" + map[string]string{"network": "github/anna-hub", "id": "1", "job": "export-1", "queue": "likes"}[p.Name] + "&"
				}
			}
			if static[path] {
				if a := w.get("figures", strings.TrimRight(at, "?&")); a.status != http.StatusOK || strings.Contains(string(a.body), "anna") || strings.Contains(string(a.body), secret) {
					t.Errorf("%s: %d %s", path, a.status, a.body)
				}
				continue
			}
			asked++
			w.refused("figures", "GET", strings.TrimRight(at, "?&"), "", http.StatusForbidden, "")
			if a := w.get("operator", strings.TrimRight(at, "?&")); a.status != http.StatusOK {
				t.Errorf("%s, of the operator: %d %s", at, a.status, a.body)
			}
		}
		if asked != 28 {
			t.Errorf("%d questions were asked", asked)
		}
	})
}
