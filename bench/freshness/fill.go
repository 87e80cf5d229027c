package freshness

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"collector/bench/population"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// first is the account that the others are copied from.
const first = "quiet-first"

// fill makes a store with n accounts that have been polled for long, with the
// rhythms of the population, each somewhere in its interval at from. One is
// added as a person would; the others are copies in SQL, since a hundred
// thousand transactions would take longer than what is measured.
func fill(ctx context.Context, path string, n int, seed uint64, from time.Time) error {
	s, err := sqlite.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	err = s.AddAccount(ctx, state.Account{ID: first, User: "me", Provider: "quiet", Name: first, RemoteID: first, CreatedAt: from})
	if err == nil {
		err = s.AddNetworks(ctx, []state.Network{{ID: first, AccountID: first, Service: "quiet", CreatedAt: from.Add(time.Hour)}})
	}
	if closeErr := s.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for i := range n {
		if err := copyFirst(ctx, tx, fmt.Sprintf("quiet-%06d", i), seed+uint64(i), from); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func copyFirst(ctx context.Context, tx *sql.Tx, id string, seed uint64, from time.Time) error {
	p := polled(id, rand.New(rand.NewPCG(seed, 7)), from)
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		args []any
	}{
		{"INSERT INTO accounts SELECT ?1, user, provider, server, ?1, ?1, given, scopes, created_at FROM accounts WHERE id = ?2", []any{id, first}},
		{`INSERT INTO networks (id, user_num, account_id, user, service, service_key, provider, server, account, account_key, remote_id, params, created_at, progress)
 SELECT ?1, user_num, ?1, user, service, service_key, provider, server, ?1, ?1, ?1, params, created_at, ?3 FROM networks WHERE id = ?2`, []any{id, first, string(text)}},
		{"INSERT INTO leases (net, mode, service, wake_at) SELECT num, 1, service, ?2 FROM networks WHERE id = ?1", []any{id, p.ScheduledTo.UnixMilli()}},
	} {
		if _, err := tx.ExecContext(ctx, step.what, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// polled is the progress of one of the population that is polled for long.
func polled(id string, rnd *rand.Rand, from time.Time) state.Progress {
	p := population.Settled(id, population.Draw(rnd, population.Middle), scheduler.Policy{PollMin: floor, PollMax: ceiling}, rnd, from)
	p.ETag, p.ETagFor = `"same"`, "https://quiet.example/"+id
	return p
}
