package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"collector/auth"
	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/cluster"
	"collector/cluster/solo"
	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/search/saved"
	"collector/store/intake"
)

// kept is what is kept beside the store: of anna and of bob a token, a feed, a saved search
// and a webhook each, and jobs and messages that are of nobody in particular.
type kept struct {
	grants   *grant.Memory
	let      *grant.Service
	hooks    *webhook.Memory
	jobs     *queuememory.Store
	messages *queuememory.Store
	topics   *brokermemory.Log
	hub      cluster.Registry
	purged   []string          // users and networks whose messages were
	ids      map[string]string // by whose and what: "bob token"
}

// beside makes it.
func (w *world) beside() control.Beside {
	w.t.Helper()
	ctx := w.t.Context()
	grants := grant.NewMemory()
	k := &kept{grants, grant.New(grants, slog.New(slog.DiscardHandler)), webhook.NewMemory(), queuememory.New(), queuememory.New(), brokermemory.New(), solo.New(), nil, map[string]string{}}
	w.kept = k
	ring, err := auth.OpenKeyring(ctx, w.store, auth.KeySource{Text: auth.NewSecret("Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=")})
	w.must(err)
	for _, who := range []struct{ user, mark string }{{"anna", "anna's"}, {"bob", secret}} {
		_, token, err := k.let.Make(ctx, noon, grant.Operator(), grant.Ask{Kind: grant.Token, User: who.user, Name: who.mark, Scopes: []grant.Scope{grant.Read}})
		w.must(err)
		_, feed, err := k.let.Make(ctx, noon, grant.Operator(), grant.Ask{Kind: grant.Feed, User: who.user, Name: who.mark, Search: who.mark})
		w.must(err)
		hook := webhook.Endpoint{ID: webhook.NewID(), User: who.user, URL: "https://hooks.example/" + who.mark, Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon}
		_, err = k.hooks.Put(ctx, webhook.Record{Endpoint: hook})
		w.must(err)
		w.must(saved.Save(ctx, w.store, who.user, saved.Search{Name: who.mark, Query: who.mark}, noon))
		k.ids[who.user+" token"], k.ids[who.user+" feed"], k.ids[who.user+" webhook"] = token.ID, feed.ID, hook.ID
		k.dead(w, k.jobs, queue.Job{ID: who.user + "-call", Queue: webhook.QueueOf(hook.ID), Kind: "webhook", Data: []byte(`{"of":"` + who.mark + `"}`)})
	}
	k.dead(w, k.jobs, queue.Job{ID: "export-1", Queue: "upkeep", Kind: "export", Data: []byte(`{"a":[1]}`), MaxAttempts: 3})
	k.add(w, k.jobs, queue.Job{ID: "export-2", Queue: "upkeep", Kind: "export", Due: noon.Add(time.Hour)})
	k.dead(w, k.messages, queue.Job{ID: "m-1", Queue: "/queue/likes", Kind: "other", Data: []byte("\xff" + secret)})
	k.add(w, k.messages, queue.Job{ID: "m-2", Queue: "/queue/likes", Kind: "other", Data: []byte(secret)})
	_, err = k.topics.Append(ctx, noon, []broker.Message{{ID: "t-1", Destination: "/topic/likes", Body: []byte(secret)}})
	w.must(err)
	return control.Beside{
		Enrol: w.ends.enrol, Push: w.ends.push,
		Intake: func(ctx context.Context, _ func(string), fn func(*intake.Intake) error) error {
			in := intake.New(w.store, intake.Options{Owner: "import-test", Lease: time.Minute, Now: atNoon})
			return errors.Join(fn(in), in.Close(context.WithoutCancel(ctx)))
		},
		Jobs: func(_ context.Context, _ bool, fn func([]queue.Store) error) error { return fn([]queue.Store{k.jobs}) },
		Messages: func(_ context.Context, _ bool, fn func(queue.Store, broker.Log) error) error {
			return fn(k.messages, k.topics)
		},
		Webhooks: func(_ context.Context, _ bool, fn func(webhook.Store) error) error { return fn(k.hooks) },
		Waiting:  func(_ context.Context, fn func(queue.Store) error) error { return fn(k.jobs) },
		Ring:     func(context.Context) (*auth.Keyring, error) { return ring, nil },
		Target: func(address string) (string, error) {
			r, err := http.NewRequest(http.MethodPost, address, nil)
			if err != nil {
				return "", err
			}
			return r.URL.String(), nil
		},
		Export: func(_ context.Context, e control.Export) (control.AddedExport, error) {
			id := queue.NewID(noon)
			k.add(w, k.jobs, queue.Job{ID: id, Queue: "upkeep", Kind: "export", Data: []byte(quoted(e))})
			return control.AddedExport{Job: id, File: "likes-" + id, Folder: "exports"}, nil
		},
		Backup: func(_ context.Context, file string) (control.Copy, error) {
			if strings.HasPrefix(w.store.Describe(), "in memory") {
				return control.Copy{}, &control.Problem{Kind: control.Wrong, Reason: "it is in no file", Whose: "you", Next: "name another one"}
			}
			return control.Copy{Bytes: int64(len(secret)), Items: 10, Key: "it is in /ключ/" + secret}, os.WriteFile(file, []byte(secret), 0o600)
		},
		PurgeUser: func(_ context.Context, user string, ended int) (control.PurgedUser, error) {
			if user != "anna" {
				return control.PurgedUser{}, control.NothingOf(user)
			}
			k.purged = append(k.purged, user)
			return control.PurgedUser{Grants: ended, Deleted: control.Deleted{Items: 5}, Running: []string{}, Copies: []string{}}, nil
		},
		CleanUsers: func(_ context.Context, after time.Duration, dry bool) (control.Cleaning, error) {
			k.purged = append(k.purged, after.String()+" "+quoted(dry))
			return control.Cleaning{At: noon, Inactive: 1, Users: []control.Idle{{User: "anna", Inactive: true, Networks: []string{"github/anna-hub"}}}}, nil
		},
		PurgeMessages: func(_ context.Context, user, network string) (control.PurgedMessages, error) {
			k.purged = append(k.purged, user+" "+network)
			return control.PurgedMessages{}, nil
		},
		ForgetWaiting: func(context.Context, func(string) bool) error { return nil },
		Copies:        func() []string { return []string{"a backup in /" + secret} },
		Cluster:       func() (cluster.Registry, error) { return k.hub, nil },
	}
}

func (k *kept) add(w *world, jobs *queuememory.Store, j queue.Job) {
	w.t.Helper()
	_, err := jobs.Add(w.t.Context(), noon.Add(-time.Hour), "", []queue.Job{j})
	w.must(err)
}

// dead adds a job that has failed for good.
func (k *kept) dead(w *world, jobs *queuememory.Store, j queue.Job) {
	w.t.Helper()
	k.add(w, jobs, j)
	got, err := jobs.Claim(w.t.Context(), queue.Claim{Queue: j.Queue, N: 1, Owner: "host-" + secret, Now: noon.Add(-time.Minute), Until: noon})
	w.must(err)
	_, err = jobs.Finish(w.t.Context(), noon.Add(-time.Minute), []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Bury, Error: "refused " + secret}})
	w.must(err)
}

// ofBob is what is kept of bob, and what is the operator's, for a comparison.
func (k *kept) ofBob(w *world) string {
	w.t.Helper()
	ctx := w.t.Context()
	list, err := grant.All(ctx, k.grants, "bob")
	w.must(err)
	hook, err := k.hooks.Get(ctx, k.ids["bob webhook"])
	w.must(err)
	searches, err := saved.List(ctx, w.store, "bob")
	w.must(err)
	jobs, _, err := k.jobs.Jobs(ctx, queue.Filter{}, queue.Page{})
	w.must(err)
	messages, _, err := k.messages.Jobs(ctx, queue.Filter{}, queue.Page{})
	w.must(err)
	stats, err := k.messages.Stats(ctx)
	w.must(err)
	b, err := json.Marshal([]any{list, hook, searches, jobs, messages, stats})
	w.must(err)
	return string(b)
}
