package torture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/limit"
	"collector/simulate"
)

// stored are the limits that stood in the store: account id -> end of the
// block -> since when at the latest.
type stored map[string]map[time.Time]time.Time

// watchBlocks reads the ledger all the time, until the returned function is
// called. It tells a request that came too early although its limit was known
// from one whose limit went to a process that died before it could write it down:
// then nobody can know of it.
func (r *rig) watchBlocks() func() stored {
	r.t.Helper()
	read, end := r.blocks()
	seen, stop, done := stored{}, make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(15 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- end()
				return
			case <-tick.C:
			}
			if err := read(seen.note); err != nil {
				done <- err
				return
			}
		}
	}()
	return func() stored {
		close(stop)
		if err := <-done; err != nil {
			r.t.Errorf("watching the limits in the store: %v", err)
		}
		byKey := stored{}
		for _, a := range r.sim.Accounts() {
			byKey[a.Key] = seen[a.ID]
		}
		return byKey
	}
}

// blocks returns what reads the blocks that stand in the ledger, of whatever kind of
// store, with the keys of their rows, and what ends that.
func (r *rig) blocks() (read func(see func(key string, until time.Time)) error, end func() error) {
	r.t.Helper()
	if r.mongo != nil {
		return r.blocksInMongo, func() error { return nil }
	}
	db := r.open()
	return func(see func(string, time.Time)) error {
		rows, err := db.Query("SELECT key, json_extract(row, '$.blocked') FROM quotas WHERE json_extract(row, '$.blocked') IS NOT NULL")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key, text string
			if err := rows.Scan(&key, &text); err != nil {
				return err
			}
			until, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return err
			}
			see(key, until)
		}
		return rows.Err()
	}, db.Close
}

// blocksInMongo reads them from a database.
func (r *rig) blocksInMongo(see func(string, time.Time)) error {
	ctx := context.Background()
	cursor, err := r.mongo.Collection("quotas").Find(ctx, bson.D{{Key: "row", Value: bson.Regex{Pattern: `"blocked":`}}}, options.Find().SetProjection(bson.D{{Key: "row", Value: 1}}))
	if err != nil {
		return err
	}
	defer cursor.Close(ctx)
	for cursor.Next(ctx) {
		var q struct {
			Key string `bson:"_id"`
			Row string `bson:"row"` // JSON of limit.Row
		}
		if err := cursor.Decode(&q); err != nil {
			return err
		}
		var row limit.Row
		if err := json.Unmarshal([]byte(q.Row), &row); err != nil {
			return err
		}
		see(q.Key, row.Blocked)
	}
	return cursor.Err()
}

// note notes a block that stands in the ledger now, under the key of its row.
func (s stored) note(key string, until time.Time) {
	id := key[strings.LastIndex(key, "/")+1:]
	if s[id] == nil {
		s[id] = map[time.Time]time.Time{}
	}
	if _, known := s[id][until]; !known {
		s[id][until] = time.Now()
	}
}

// count is how many limits stood in the store.
func (s stored) count() (n int) {
	for _, of := range s {
		n += len(of)
	}
	return n
}

// nobody says that nobody could know of the limit that a request came before:
// it did not stand in the store when the request came, and since it was told a
// process has died.
func (s stored) nobody(v simulate.Violation, deaths []time.Time) bool {
	for until, since := range s[v.Account] {
		if since.Before(v.At) && !until.Before(v.Until.Add(-time.Second)) {
			return false
		}
	}
	// A call that was under way at a death may be answered a little later.
	told := v.At.Add(-v.Since)
	return slices.ContainsFunc(deaths, func(d time.Time) bool { return d.After(told.Add(-time.Second)) && d.Before(v.At) })
}
