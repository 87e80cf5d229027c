package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// benchPages makes pages of 100 items whose texts are Zipf words of a fixed seed.
func benchPages(n int) [][]item.Item {
	rnd := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rnd, 1.1, 4, 20_000)
	words := func(n int) string {
		var out []string
		for range n {
			out = append(out, fmt.Sprintf("w%dx", zipf.Uint64()))
		}
		return strings.Join(out, " ")
	}
	pages := make([][]item.Item, n)
	for p := range pages {
		for i := range 100 {
			id := fmt.Sprint(p*100 + i)
			pages[p] = append(pages[p], item.Item{
				ID: id, URL: "https://github.com/owner/" + id, Kind: "repository", Title: words(3), Text: words(12),
				Author: item.Author{Name: words(1), URL: "https://github.com/" + id}, Tags: []string{"go", "cli"},
				Language: "Go", CreatedAt: noon, LikedAt: noon, LikedFrom: item.FromAPI,
			})
		}
	}
	return pages
}

// BenchmarkCommit saves pages of 100 new items of 3,000 networks, searchable when
// the answer comes. Each iteration is a page. Compare with BenchmarkCommitFloor.
func BenchmarkCommit(b *testing.B) {
	ctx := context.Background()
	opened, err := Open(ctx, b.TempDir()+"/b.db", options("a"))
	if err != nil {
		b.Fatal(err)
	}
	s := opened.(*Store)
	defer s.Close()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(s.AddAccount(ctx, state.Account{ID: "acc", User: "me", Provider: "github", Name: "x", CreatedAt: noon}))
	nets := make([]state.Network, b.N)
	for i := range nets {
		nets[i] = state.Network{ID: fmt.Sprintf("net%07d", i), AccountID: "acc", Service: "github", CreatedAt: noon, Params: map[string]string{"n": fmt.Sprint(i)}}
	}
	must(s.AddNetworks(ctx, nets))
	claimed, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Hour), N: b.N, Services: map[string]int{"github": b.N}})
	must(err)
	pages := benchPages(64)
	b.ResetTimer()
	used := cpu()
	var wg sync.WaitGroup
	next := make(chan state.Claimed)
	for range 64 {
		wg.Go(func() {
			for c := range next {
				p := pageOf(c, "1", pages[int(c.Epoch+int64(len(c.ID)))%64]...)
				if _, err := s.Commit(ctx, c.Lease, p); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, c := range claimed {
		next <- c
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkCommitFloor is what the same rows cost without us: one connection, a
// transaction a page, plain inserts of ten rows, FTS5 filled in the same
// transaction; no lease, no log, no merge.
func BenchmarkCommitFloor(b *testing.B) {
	ctx := context.Background()
	path := b.TempDir() + "/f.db"
	opened, err := Open(ctx, path, options(""))
	if err != nil {
		b.Fatal(err)
	}
	opened.Close()
	db, err := sql.Open("sqlite", dsn(path, "synchronous(NORMAL)", "cache_size(-16000)"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	t := &tx{conn: conn, prepared: map[string]*sql.Stmt{}}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	pages := benchPages(64)
	b.ResetTimer()
	used := cpu()
	for i := range b.N {
		must(t.exec("BEGIN IMMEDIATE"))
		t.reset()
		for from := 0; from < 100; from += 10 {
			var rows []row
			for _, it := range pages[i%64][from : from+10] {
				num, err := t.newItem()
				must(err)
				rows = append(rows, row{Item: it, num: num, net: int64(i), addedBy: 1})
			}
			must(t.insert(rows, nil))
		}
		// The text that a plain program would index, without folding.
		args := make([]any, 0, 300)
		for k, it := range pages[i%64] {
			args = append(args, t.nextItem-100+int64(k), "u1", it.Title+" "+it.Text+" "+it.Author.Name)
		}
		must(t.exec("INSERT INTO word_index (rowid, meta, words) VALUES "+strings.Repeat("(?,?,?),", 99)+"(?,?,?)", args...))
		must(t.exec("COMMIT"))
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkCommitKnown saves a page whose items are all stored already.
func BenchmarkCommitKnown(b *testing.B) {
	ctx := context.Background()
	opened, err := Open(ctx, b.TempDir()+"/b.db", options("a"))
	if err != nil {
		b.Fatal(err)
	}
	s := opened.(*Store)
	defer s.Close()
	c := benchSeed(b, s)
	page := pageOf(c, "1", benchPages(1)[0]...)
	for b.Loop() {
		page.ObservedAt = page.ObservedAt.Add(time.Second)
		if _, err := s.Commit(ctx, c.Lease, page); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch finds words among 64,000 items of one user.
func BenchmarkSearch(b *testing.B) {
	ctx := context.Background()
	opened, err := Open(ctx, b.TempDir()+"/b.db", options("a"))
	if err != nil {
		b.Fatal(err)
	}
	s := opened.(*Store)
	defer s.Close()
	c := benchSeed(b, s)
	for i, items := range benchPages(640) {
		if _, err := s.Commit(ctx, c.Lease, pageOf(c, fmt.Sprint(i), items...)); err != nil {
			b.Fatal(err)
		}
	}
	for _, q := range []struct {
		name string
		expr search.Expr
	}{
		{"newest", nil},
		{"rare", search.Word("w15000x")},
		{"common", search.Word("w1x")},
		{"two", search.And{search.Word("w1x"), search.Word("w300x")}},
		{"prefix", search.Prefix("w1")},
		{"not", search.Not{Expr: search.Word("w1x")}},
		{"service", search.And{search.Field{Name: "in", Value: "github"}, search.Word("w40x")}},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(ctx, storeQuery("me", q.expr)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchSeed(b *testing.B, s *Store) state.Claimed {
	b.Helper()
	ctx := context.Background()
	err := errors.Join(
		s.AddAccount(ctx, state.Account{ID: "acc", User: "me", Provider: "github", Name: "x", CreatedAt: noon}),
		s.AddNetworks(ctx, []state.Network{{ID: "net", AccountID: "acc", Service: "github", CreatedAt: noon}}),
	)
	if err != nil {
		b.Fatal(err)
	}
	got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Hour), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		b.Fatalf("%d networks, %v", len(got), err)
	}
	return got[0]
}

func storeQuery(user string, e search.Expr) store.Query { return store.Query{User: user, Expr: e} }
