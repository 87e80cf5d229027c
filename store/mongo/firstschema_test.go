//go:build mongo

package mongo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/item"
	"collector/state"
	"collector/store"
)

// How many items the networks of a database of the first schema have.
const (
	atRest = 30 // released by the first program
	inWork = 20 // held by a process of it that is dead; the last page is not in the log
	ended  = 10 // removed, its items kept
)

// unopened is a handle on a database that it has not looked at yet.
func unopened(t *testing.T, at string, o *options.ClientOptions) *Store {
	t.Helper()
	where, name, err := Locate("mongodb:" + at)
	if err != nil {
		t.Fatal(err)
	}
	client, err := driver.Connect(o.ApplyURI("mongodb:" + at).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(t.Context()) })
	s := &Store{client: client, where: where, handle: mark(), replica: true, o: opts("unopened")}
	s.name(client.Database(name))
	return s
}

// firstSchema fills a database as the first program left one, field by field.
func firstSchema(t *testing.T, at string) *Store {
	t.Helper()
	s := unopened(t, at, options.Client())
	if err := s.firstIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := func(account, service string) string { return strconv.Quote(account) + " " + strconv.Quote(service) }
	items := slices.Concat(oldItems("rest", "github", atRest), oldItems("work", "gist", inWork), oldItems("gone", "mastodon", ended))
	rest := append(oldNetwork("rest", "acc", "github", atRest),
		bson.E{Key: "list", Value: list("acc", "github")}, bson.E{Key: "mode", Value: "normal"}, bson.E{Key: "scheduledTo", Value: noon.Add(time.Hour)},
		bson.E{Key: "progress", Value: `{"mode":"normal","condition":"ok","scheduledTo":"2026-03-01T13:00:00Z","reason":"","walks":1}`},
		bson.E{Key: "wakeAt", Value: noon.Add(time.Hour)}, bson.E{Key: "freed", Value: int64(1)}, bson.E{Key: "bad", Value: int32(1)},
		bson.E{Key: "counted", Value: bson.D{
			{Key: "service", Value: "github"},
			{Key: "mode", Value: "normal"},
			{Key: "condition", Value: "ok"},
			{Key: "paused", Value: false},
			{Key: "items", Value: int32(atRest)},
			{Key: "since", Value: int64(1)},
		}})
	work := append(oldNetwork("work", "acc", "gist", inWork),
		bson.E{Key: "list", Value: list("acc", "gist")}, bson.E{Key: "mode", Value: "initial"}, bson.E{Key: "scheduledTo", Value: noon},
		bson.E{Key: "progress", Value: `{"mode":"initial","condition":"ok","scheduledTo":"2026-03-01T12:00:00Z","reason":"","walks":1}`},
		bson.E{Key: "wakeAt", Value: noon.Add(time.Minute)}, bson.E{Key: "setAt", Value: noon}, bson.E{Key: "owner", Value: "old"}, bson.E{Key: "leaseUntil", Value: noon.Add(time.Minute)},
		bson.E{Key: "sessions", Value: bson.A{where("id", bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")})}},
		bson.E{Key: "bad", Value: int32(0)}, bson.E{Key: "pending", Value: true}, bson.E{Key: "uncounted", Value: true},
		bson.E{Key: "unpublished", Value: bson.A{oldEntry("work", 0, inWork/2), oldEntry("work", inWork/2, inWork)}})
	gone := append(oldNetwork("gone", "other", "mastodon", ended),
		bson.E{Key: "mode", Value: "normal"}, bson.E{Key: "bad", Value: int32(0)}, bson.E{Key: "removed", Value: true}, bson.E{Key: "scheduledTo", Value: noon.Add(time.Hour)}, bson.E{Key: "freed", Value: int64(1)},
		bson.E{Key: "progress", Value: `{"mode":"normal","condition":"ok","scheduledTo":"2026-03-01T13:00:00Z","reason":"","walks":1}`})
	for c, docs := range map[*driver.Collection][]any{
		s.meta:        {bson.D{{Key: "_id", Value: schemaID}, {Key: "version", Value: int32(1)}}, bson.D{{Key: "_id", Value: valueID + "x"}, {Key: "value", Value: "y"}}},
		s.accounts:    {bson.D{{Key: "_id", Value: "acc"}, {Key: "user", Value: "me"}, {Key: "provider", Value: "github"}, {Key: "server", Value: ""}, {Key: "name", Value: "x"}, {Key: "createdAt", Value: noon}}},
		s.users:       {bson.D{{Key: "_id", Value: "me"}, {Key: "changes", Value: int32(5)}}},
		s.credentials: {bson.D{{Key: "_id", Value: "acc"}, {Key: "version", Value: int64(1)}, {Key: "by", Value: mark()}, {Key: "keyId", Value: "k"}, {Key: "sealed", Value: []byte("sealed")}}},
		s.quotas: {bson.D{
			{Key: "_id", Value: "github/core/7"},
			{Key: "version", Value: int64(1)},
			{Key: "by", Value: "K3NEGHDVLFZEUQXADWPHYVMHP5"},
			{Key: "row", Value: `{"limit":0,"used":3,"seen":0,"out":0,"epoch":0}`},
			{Key: "marks", Value: bson.A{"K3NEGHDVLFZEUQXADWPHYVMHP5"}},
		}},
		s.instances: {bson.D{{Key: "_id", Value: "old"}, {Key: "host", Value: "h"}, {Key: "pid", Value: int32(7)}, {Key: "mode", Value: ""}, {Key: "version", Value: "1"}, {Key: "started", Value: noon}, {Key: "seen", Value: noon}, {Key: "running", Value: int32(1)}}},
		s.networks:  {rest, work, gone},
		s.items:     items,
		s.quarantine: {bson.D{
			{Key: "key", Value: "k"},
			{Key: "net", Value: "rest"},
			{Key: "at", Value: noon},
			{Key: "itemId", Value: "bad"},
			{Key: "raw", Value: []byte(`{"a":1}`)},
			{Key: "reason", Value: "no url"},
			{Key: "user", Value: "me"},
			{Key: "version", Value: "1"},
			{Key: "walk", Value: int64(1)},
		}},
		s.changes: {
			append(where("_id", int64(1)), oldEntry("rest", 0, atRest)...),
			append(where("_id", int64(2)), oldEntry("gone", 0, ended)...),
			append(where("_id", int64(3)), oldEntry("work", 0, inWork/2)...),
		},
		s.counts: {bson.D{
			{Key: "_id", Value: countsID},
			{Key: "version", Value: int64(1)},
			{Key: "by", Value: mark()},
			{Key: "items", Value: int32(atRest)},
			{Key: "classes", Value: bson.A{bson.D{{Key: "service", Value: "github"}, {Key: "mode", Value: "normal"}, {Key: "condition", Value: "ok"}, {Key: "paused", Value: false}, {Key: "items", Value: int32(0)}, {Key: "networks", Value: int32(1)}}}},
		}},
	} {
		if _, err := c.InsertMany(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func oldNetwork(id, account, service string, items int) bson.D {
	return bson.D{
		{Key: "_id", Value: id},
		{Key: "user", Value: "me"},
		{Key: "userHash", Value: int64(1747856039)},
		{Key: "service", Value: service},
		{Key: "accountId", Value: account},
		{Key: "provider", Value: "github"},
		{Key: "server", Value: ""},
		{Key: "account", Value: "x"},
		{Key: "accountKey", Value: "x"},
		{Key: "remoteId", Value: ""},
		{Key: "createdAt", Value: noon},
		{Key: "version", Value: int64(3)},
		{Key: "paused", Value: false},
		{Key: "syncSeq", Value: int64(0)},
		{Key: "fullSeq", Value: int64(0)},
		{Key: "condition", Value: "ok"},
		{Key: "reason", Value: ""},
		{Key: "items", Value: int32(items)},
		{Key: "bare", Value: int32(0)},
		{Key: "epoch", Value: int64(1)},
		{Key: "crashes", Value: int32(0)},
		{Key: "recounts", Value: int64(0)},
		{Key: "by", Value: mark()},
		{Key: "claims", Value: bson.A{mark()}},
	}
}

// oldKey is the key of the attempt that stored an item.
func oldKey(net string, i int) string {
	page := 1
	if net == "work" && i >= inWork/2 {
		page = 2
	}
	return fmt.Sprintf("%s/1/%d#7UYGXULSVNKEUEP6PO4FVIFKC4", net, page)
}

// oldEntry is what the page of the items from one to before another tells.
func oldEntry(net string, from, to int) bson.D {
	key, added := oldKey(net, to-1), bson.A{}
	for i := from; i < to; i++ {
		added = append(added, fmt.Sprint(i))
	}
	page, _, _ := strings.Cut(key, "#")
	return bson.D{{Key: "page", Value: page}, {Key: "kind", Value: "backfill"}, {Key: "at", Value: noon}, {Key: "user", Value: "me"}, {Key: "networkId", Value: net}, {Key: "key", Value: key}, {Key: "added", Value: added}}
}

func oldItems(net, service string, n int) (docs []any) {
	for i := range n {
		it := item.Item{ID: fmt.Sprint(i), URL: fmt.Sprint("https://example.org/", i), Kind: "post", Title: "the title one", LikedAt: noon, LikedFrom: item.FromAPI, Tags: []string{"a"}}
		d := bson.D{
			{Key: "net", Value: net},
			{Key: "user", Value: "me"},
			{Key: "type", Value: service},
			{Key: "itemId", Value: it.ID},
			{Key: "source", Value: it.URL},
			{Key: "kind", Value: it.Kind},
			{Key: "title", Value: it.Title},
			{Key: "tags", Value: it.Tags},
			{Key: "likedAt", Value: it.LikedAt},
			{Key: "likedFrom", Value: "api"},
			{Key: "words", Value: bson.A{"the", "title", "one", "a", "example", "org", "by:", "lang:", "kind:post", "#a"}},
			{Key: "hash", Value: int64(it.Hash())},
			{Key: "walk", Value: int64(1)},
			{Key: "firstSeenAt", Value: noon},
			{Key: "observedAt", Value: noon},
			{Key: "addedBy", Value: oldKey(net, i)},
		}
		docs = append(docs, d)
	}
	return docs
}

// dump is all that collections hold, by name and in order, without what a running
// program changes by itself.
func dump(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, c := range []*driver.Collection{s.accounts, s.users, s.credentials, s.quotas, s.items, s.quarantine} {
		cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetSort(where("_id", 1)))
		docs, err := all[bson.Raw](t.Context(), cursor, err)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			out[c.Name()] = append(out[c.Name()], d.String())
		}
	}
	return out
}

// indexesOf are the indexes of all collections of a database.
func indexesOf(t *testing.T, s *Store) (out []string) {
	t.Helper()
	db := s.meta.Database()
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		cursor, err := db.Collection(name).Indexes().List(t.Context())
		found, err := all[bson.Raw](t.Context(), cursor, err)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			out = append(out, name+" "+d.String())
		}
	}
	slices.Sort(out)
	return out
}

// broughtUp holds a database to what firstSchema put into it and to what the present
// schema has: was and indexes are what dump and indexesOf gave before, and of a database
// that never had another schema. Then it works with it.
func broughtUp(t *testing.T, s *Store, was map[string][]string, indexes []string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	version, err := s.schema(ctx)
	if must(err); version != len(s.migrations()) {
		t.Errorf("the database has schema %d", version)
	}
	if now := dump(t, s); !maps.EqualFunc(now, was, slices.Equal) {
		t.Errorf("the database held\n%v\nand holds\n%v", was, now)
	}
	if now := indexesOf(t, s); !slices.Equal(now, indexes) {
		t.Errorf("the database has the indexes\n%v\nwanted are\n%v", now, indexes)
	}
	ns, err := s.Networks(ctx, store.Filter{Removed: true})
	must(err)
	slices.SortFunc(ns, func(a, b state.Network) int { return cmp.Compare(a.ID, b.ID) })
	holds := fmt.Sprintf("gone %d, rest %d, work %d", ended, atRest, inWork)
	if len(ns) != 3 || fmt.Sprintf("gone %d, rest %d, work %d", ns[0].Items, ns[1].Items, ns[2].Items) != holds {
		t.Fatalf("networks %+v, want %s", ns, holds)
	}
	if v, err := s.Meta(ctx, "x"); err != nil || v != "y" {
		t.Errorf("a value of the installation is %q, %v", v, err)
	}
	later := noon.Add(2 * time.Hour)
	for _, want := range []struct {
		net, service string
		mode         state.Mode
	}{{"rest", "github", state.Normal}, {"work", "gist", state.Initial}} {
		got, err := s.Claim(ctx, state.Claim{Mode: want.mode, Owner: "new", Now: later, Until: later.Add(time.Minute), N: 1, Services: map[string]int{want.service: 1}})
		if must(err); len(got) != 1 || got[0].ID != want.net {
			t.Fatalf("claimed %+v, want %s", got, want.net)
		}
		p := state.Page{ID: want.net + "/2/1", Kind: "sweep", Walk: 2, ObservedAt: later, After: got[0].Progress, Swept: 2}
		again := item.Item{ID: "0", URL: "https://example.org/0", Kind: "post", Title: "the title one", LikedAt: noon, LikedFrom: item.FromAPI, Tags: []string{"a"}}
		p.Items = []item.Item{again, liked("new", "new")}
		p.After.Walks, p.After.ScheduledTo = 2, later.Add(time.Hour)
		c, err := s.Commit(ctx, got[0].Lease, p)
		if must(err); c != (state.Committed{Added: 1}) {
			t.Errorf("%s: a page of one new item and a known one did %+v", want.net, c)
		}
		_, unseen, err := s.Unseen(ctx, want.net, state.Unseen{Sweep: 2, Sweeps: 1, Most: 1})
		if must(err); unseen != got[0].Items-1 {
			t.Errorf("%s: a sweep did not show %d of %d items", want.net, unseen, got[0].Items)
		}
		must(s.Release(ctx, got[0].Lease, p.After))
	}
	added := map[string]int{}
	changes, err := s.Changes(ctx, "", 0, 100)
	must(err)
	for _, c := range changes {
		if len(c.Changed)+len(c.Removed) > 0 {
			t.Errorf("told as changed: %+v", c)
		}
		for _, id := range c.Added {
			added[c.NetworkID+" "+id]++
		}
	}
	must(s.Each(ctx, store.Query{}, func(l store.Liked) error {
		if name := l.NetworkID + " " + l.ID; added[name] != 1 {
			t.Errorf("the log tells %d times that %s was added", added[name], name)
		}
		return nil
	}))
	if len(added) != atRest+inWork+ended+2 || len(changes) != 6 {
		t.Errorf("%d changes tell of %d items", len(changes), len(added))
	}
	tally, err := s.Tally(ctx, later)
	must(err)
	live := 0
	for _, state := range tally.States {
		live += state.Networks
	}
	if tally.Items != atRest+inWork+2 || live != 2 {
		t.Errorf("counted are %d items of %d networks: %+v", tally.Items, live, tally.States)
	}
	must(integrity(s))
}

// TestDataOfTheFirstSchema: what the first program left is all there for the present one.
func TestDataOfTheFirstSchema(t *testing.T) {
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	at := address(t)
	was := dump(t, firstSchema(t, at))
	broughtUp(t, opened(t, at, "new"), was, indexes)
}

// TestAReleaseOfTheFirstProgram: its networks are read while such programs work beside
// this one, and the next release leaves a mark.
func TestAReleaseOfTheFirstProgram(t *testing.T) {
	s, id := seeded(t, address(t))
	lease := claimedOne(t, s)
	if _, err := s.networks.UpdateByID(t.Context(), id, set(where("freed", int64(7)))); err != nil {
		t.Fatal(err)
	}
	if n, err := s.read(t.Context(), id, live(id)); err != nil || n.Freed != "" {
		t.Fatalf("read: %+v, %v", n, err)
	}
	if err := s.Release(t.Context(), lease, state.Progress{Mode: state.Normal}); err != nil {
		t.Fatal(err)
	}
	var now bson.M
	if err := s.networks.FindOne(t.Context(), where("_id", id)).Decode(&now); err != nil || now["freed"] != now["by"] {
		t.Errorf("the mark of the release is %v, of the update %v (%v)", now["freed"], now["by"], err)
	}
}

// claimedOne claims the network of a seeded store.
func claimedOne(t *testing.T, s *Store) state.Lease {
	t.Helper()
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(s.o.Lease), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	return got[0].Lease
}
