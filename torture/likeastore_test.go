//go:build mongo

package torture

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate"
)

// oldDatabase writes what Likeastore would hold of the world's accounts: the first
// half of the likes of each, two of them twice.
func (r *rig) oldDatabase(address string) (items int) {
	r.t.Helper()
	ctx, db := r.t.Context(), r.connected(address)
	networks, likes := db.Collection("networks"), db.Collection("items")
	long := time.Date(2014, time.July, 1, 12, 0, 0, 0, time.UTC)
	modes := []bson.M{{"mode": "normal"}, {"mode": "rateLimit", "prevMode": "initial", "page": 3}, {}}
	for i, a := range r.sim.Accounts() {
		network := bson.M{
			"_id": bson.NewObjectIDFromTimestamp(long), "service": "github", "user": fmt.Sprintf("user%d@example.org", i),
			"accessToken": a.Tokens[0], "lastExecution": bson.NewDateTimeFromTime(long),
		}
		for k, v := range modes[i%len(modes)] {
			network[k] = v
		}
		if _, err := networks.InsertOne(ctx, network); err != nil {
			r.t.Fatal(err)
		}
		all := r.sim.Compare(a.Key, nil).Missing
		docs := []any{}
		for _, id := range append(all[:len(all)/2:len(all)/2], all[0], all[1]) {
			docs = append(docs, bson.M{
				"_id": bson.NewObjectID(), "itemId": id, "user": network["user"], "type": "github", "name": "old/" + id,
				"source": "https://github.com/old/" + id, "date": bson.NewDateTimeFromTime(long), "created": bson.NewDateTimeFromTime(long),
			})
		}
		if _, err := likes.InsertMany(ctx, docs); err != nil {
			r.t.Fatal(err)
		}
		items += len(all) / 2
	}
	return items
}

// TestMigrateLikeastore takes over a database of the original program, killed
// between any two steps; then a daemon finds what the original had missed.
func TestMigrateLikeastore(t *testing.T) {
	r := newRig(t, unlimited())
	for _, likes := range []int{1500, 300, 60} {
		if _, err := r.sim.AddAccount(simulate.Spec{Service: simulate.GitHub, Likes: likes}); err != nil {
			t.Fatal(err)
		}
	}
	key := make([]byte, 32)
	rand.Read(key)
	file := filepath.Join(r.dir, "secret.key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	old, to := r.database(), r.database()
	items := r.oldDatabase(old)
	r.env = append(r.env, "COLLECTOR_STORE="+to, "COLLECTOR_SECRET_KEY_FILE="+file)
	r.looked(to, "migrate", "likeastore", "--dry-run", old, to)
	r.migrated(to, "likeastore", old, to)
	if n := r.held(); n != items {
		t.Errorf("%d likes were taken over as %d", items, n)
	}
	r.collected()
	file = filepath.Join(r.dir, "taken.db")
	r.do("taking over into a file", r.command("migrate", "likeastore", old, "sqlite:"+file))
	r.env = append(r.env, "COLLECTOR_STORE=sqlite:"+file)
	if n := r.held(); n != items {
		t.Errorf("%d likes were taken over as %d into a file", items, n)
	}
}
