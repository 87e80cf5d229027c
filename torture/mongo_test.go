package torture

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/simulate/faultproxy"
	"collector/store/mongo/mongotest"
)

var kind = flag.String("torture.store", "sqlite", "kind of the store that the program works on: sqlite or mongodb")

// database is a replica set of one member, which the program reaches past a proxy.
type database struct {
	*mongotest.Servers
	proxy *faultproxy.Proxy
}

// servers are those of all tests of a run.
var servers = sync.OnceValues(func() (*database, error) {
	program, err := mongotest.Program("..")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "collector-torture-mongod")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	d := &database{}
	d.Servers, err = mongotest.Behind(ctx, program, dir, 1, func(address string) (string, error) {
		if d.proxy, err = faultproxy.New(address); err != nil {
			return "", err
		}
		return d.proxy.Addr(), nil
	})
	return d, err
})

// rigs counts the databases.
var rigs atomic.Int64

// keep gives a rig its store, and says where it is.
func (r *rig) keep() []string {
	r.t.Helper()
	if *kind == "sqlite" {
		return []string{"COLLECTOR_STORE=sqlite:" + filepath.Join(r.dir, "c.db")}
	}
	s, err := servers()
	if err != nil {
		r.t.Fatal(err)
	}
	r.wires = append(r.wires, []*faultproxy.Proxy{s.proxy})
	name := fmt.Sprint("rig", rigs.Add(1))
	past := fmt.Sprintf("mongodb://127.0.0.1:%d/%s?directConnection=true", s.Members[0].Port, name) // tests see what is there, whatever the proxy does
	return r.keepAt(s.URI(name), past)
}

// keepAt gives a rig a database. past is where the tests themselves look at it.
func (r *rig) keepAt(address, past string) []string {
	r.t.Helper()
	r.mongo = r.connected(past)
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: it ends the program where the system has no randomness
	key := filepath.Join(r.dir, "collector.key")
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(raw)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return []string{"COLLECTOR_STORE=" + address, "COLLECTOR_SECRET_KEY_FILE=" + key}
}

// connected is a client's view of a database, until the test ends.
func (r *rig) connected(address string) *mongo.Database {
	r.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(address))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { client.Disconnect(context.Background()) })
	u, err := url.Parse(address)
	if err != nil {
		r.t.Fatal(err)
	}
	return client.Database(strings.TrimPrefix(u.Path, "/"))
}

// mirrored are the tables in which the tests look at a store, made of a database's
// documents.
var mirrored = []struct {
	table      string
	collection string
	columns    []string
	row        func(bson.M) []any
}{
	{"networks", "networks", []string{"num", "service", "account", "remote_id", "progress", "items", "ended", "full_seq", "sync_seq"}, func(d bson.M) []any {
		return []any{d["_id"], d["service"], d["account"], d["remoteId"], d["progress"], d["items"], d["removed"] == true, d["fullSeq"], d["syncSeq"]}
	}},
	{"leases", "networks", []string{"net", "owner", "epoch", "paused"}, func(d bson.M) []any {
		return []any{d["_id"], d["owner"], d["epoch"], d["paused"]}
	}},
	{"accounts", "accounts", []string{"id", "name", "remote_id"}, func(d bson.M) []any { return []any{d["_id"], d["name"], d["remoteId"]} }},
	{"credentials", "credentials", []string{"account", "version"}, func(d bson.M) []any { return []any{d["_id"], d["version"]} }},
	{"changes", "changes", []string{"seq", "net"}, func(d bson.M) []any { return []any{d["_id"], d["networkId"]} }},
	{"instances", "instances", []string{"pid"}, func(d bson.M) []any { return []any{d["pid"]} }},
	{"items", "items", []string{"net"}, func(d bson.M) []any { return []any{d["net"]} }},
}

// mirror copies what a query reads into a database in memory, so that the same query
// looks at every kind of store.
func (r *rig) mirror(query string) *sql.DB {
	r.t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		r.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, m := range mirrored {
		if !strings.Contains(query, m.table) {
			continue
		}
		if err := r.copyTable(db, m.table, m.collection, m.columns, m.row); err != nil {
			r.t.Fatalf("looking at %s: %v", m.table, err)
		}
	}
	return db
}

func (r *rig) copyTable(db *sql.DB, table, collection string, columns []string, row func(bson.M) []any) error {
	ctx := context.Background()
	if _, err := db.Exec("CREATE TABLE " + table + " (" + strings.Join(columns, ", ") + ")"); err != nil {
		return err
	}
	o := options.Find()
	if table == "items" || table == "changes" {
		o.SetProjection(bson.D{{Key: "net", Value: 1}, {Key: "networkId", Value: 1}})
	}
	cursor, err := r.mongo.Collection(collection).Find(ctx, bson.D{}, o)
	if err != nil {
		return err
	}
	defer cursor.Close(ctx)
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	insert := "INSERT INTO " + table + " VALUES (" + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",") + ")"
	for cursor.Next(ctx) {
		var d bson.M
		if err := cursor.Decode(&d); err != nil {
			return err
		}
		if _, err := tx.Exec(insert, row(d)...); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return err
	}
	return tx.Commit()
}

// sound holds a database against itself: each network counts what it has, nothing
// waits to be published, and the log has no holes.
func (r *rig) sound() {
	r.t.Helper()
	ctx := context.Background()
	var ns []struct {
		ID      string `bson:"_id"`
		Items   int64  `bson:"items"`
		Pending bool   `bson:"pending"`
	}
	cursor, err := r.mongo.Collection("networks").Find(ctx, bson.D{})
	if err == nil {
		err = cursor.All(ctx, &ns)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range ns {
		stored, err := r.mongo.Collection("items").CountDocuments(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "removedAt", Value: nil}})
		if err != nil {
			r.t.Fatal(err)
		}
		if stored != n.Items || n.Pending {
			r.t.Errorf("network %s has %d items and counts %d; something waits to be published: %v", n.ID, stored, n.Items, n.Pending)
		}
	}
	var rows, newest int
	r.query(&rows, "SELECT count(*) FROM changes")
	if r.query(&newest, "SELECT coalesce(max(seq), 0) FROM changes"); rows != newest {
		r.t.Errorf("the change log has %d entries, the newest has the number %d", rows, newest)
	}
}

// added holds the change log against what is stored: every item was added once.
func (r *rig) added() {
	r.t.Helper()
	ctx := context.Background()
	cursor, err := r.mongo.Collection("changes").Find(ctx, bson.D{})
	if err != nil {
		r.t.Fatal(err)
	}
	told := map[string]int{}
	for cursor.Next(ctx) {
		var c struct {
			Network string   `bson:"networkId"`
			Added   []string `bson:"added"`
		}
		if err := cursor.Decode(&c); err != nil {
			r.t.Fatal(err)
		}
		for _, id := range c.Added {
			told[c.Network+" "+id]++
		}
	}
	cursor, err = r.mongo.Collection("items").Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "net", Value: 1}, {Key: "itemId", Value: 1}}))
	if err != nil {
		r.t.Fatal(err)
	}
	stored := 0
	for cursor.Next(ctx) {
		var it struct {
			Net string `bson:"net"`
			ID  string `bson:"itemId"`
		}
		if err := cursor.Decode(&it); err != nil {
			r.t.Fatal(err)
		}
		stored++
		if n := told[it.Net+" "+it.ID]; n != 1 {
			r.t.Errorf("the change log tells %d times that %s was added to %s", n, it.ID, it.Net)
		}
	}
	if stored != len(told) {
		r.t.Errorf("%d items are stored, the change log tells of %d", stored, len(told))
	}
	r.t.Logf("the change log tells of all %d items, each once", stored)
}
