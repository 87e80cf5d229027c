// Command floor is what bare code needs for the work of the headline: it asks
// the same simulated service for the same pages, as many at once, decodes the
// fields that are wanted with the same decoder, and writes them into the same
// tables with the same indexes. It knows no states, leases, quotas, log of changes,
// limits or failures.
//
// Into SQLite it upserts ten rows a statement, one transaction a page; with -search
// it fills the same search index too, row by row in the page's transaction. Into
// MongoDB it inserts the same documents, their words among them, in one unordered
// statement a page, acknowledged by the majority; with -upsert it upserts them.
// With -measure it tells instead how fast bare code is by itself,
// without a service to wait for: decoding one page, and writing it many times. A
// floor that is slow there proves nothing.
//
// It prints one JSON object.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

func main() {
	var f floor
	url := flag.String("url", "", "origin of the service")
	flag.IntVar(&f.flying, "flying", 256, "requests at once")
	flag.BoolVar(&f.search, "search", false, "fill the search index too")
	flag.BoolVar(&f.upsert, "upsert", false, "MongoDB: the documents may be there")
	flag.StringVar(&f.db, "db", "", "address of the store: sqlite:FILE or mongodb://…")
	measure := flag.Int("measure", 0, "decode one page, and write it for so many networks")
	flag.Parse()
	f.url = *url
	var out any
	err := f.read(os.Stdin)
	switch {
	case err != nil:
	case *measure > 0:
		out, err = f.measure(context.Background(), *measure)
	default:
		out, err = f.run(context.Background())
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

// floor is what to do.
type floor struct {
	url, db string
	flying  int
	search  bool
	upsert  bool
	tokens  []string
	client  *http.Client
}

// writer stores pages. Its methods may be used from many goroutines.
type writer interface {
	// write stores a page of a network and returns how many items it added or changed.
	write(ctx context.Context, net int64, page []star) (int, error)
	close() error
}

func (f *floor) open(ctx context.Context) (writer, error) {
	if path, ok := strings.CutPrefix(f.db, "sqlite:"); ok {
		return openSQLite(ctx, path, f.search)
	}
	return openMongo(f.db, f.upsert)
}

// Done is what was done.
type Done struct {
	Pages int `json:"pages"`
	Rows  int `json:"rows"` // added or changed
}

// read takes the tokens, one a line.
func (f *floor) read(in io.Reader) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("reading the tokens: %w", err)
	}
	f.tokens = strings.Fields(string(text))
	if len(f.tokens) == 0 {
		return errors.New("no tokens were given")
	}
	f.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: f.flying, DisableCompression: true}}
	return nil
}

// run reads one page of each account and stores it.
func (f *floor) run(ctx context.Context) (done Done, err error) {
	w, err := f.open(ctx)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.flying)
	for i, token := range f.tokens {
		group.Go(func() error {
			stars, err := f.page(ctx, token)
			if err != nil {
				return err
			}
			n, err := w.write(ctx, int64(i+1), stars)
			mu.Lock()
			defer mu.Unlock()
			done.Pages++
			done.Rows += n
			return err
		})
	}
	return done, group.Wait()
}

// page asks for the newest page of an account's stars.
func (f *floor) page(ctx context.Context, token string) ([]star, error) {
	body, err := f.get(ctx, token)
	if err != nil {
		return nil, err
	}
	return decode(body)
}

func (f *floor) get(ctx context.Context, token string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/user/starred?direction=desc&page=1&per_page=100&sort=created", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/vnd.github.star+json")
	reply, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	body := make([]byte, max(0, reply.ContentLength))
	if _, err := io.ReadFull(reply.Body, body); err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading a page: status %d", reply.StatusCode)
	}
	return body, nil
}
