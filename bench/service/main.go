// Command service is the simulated GitHub of the benchmarks, as a process of its
// own. Every page is made once by package simulate and served from memory from
// then on, after the latency that was asked for, so that what is measured is the
// program that reads and not the service that writes. Answers carry no ETag:
// every round reads whole pages.
//
// It prints one JSON object, ends with its standard input, and serves beside
// GitHub's API
//
//	POST /bench/latency?is=100ms    how long each answer takes from now on
//	GET  /bench/seen                how many pages were asked for, and the most at once
//
// Usage: service -accounts 3000 -likes 100
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"collector/simulate"
)

// Account is one of the accounts that the service has, as it is told to the
// programs that read them.
type Account struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token"`
}

// Hello is what the service prints when it is ready.
type Hello struct {
	URL      string    `json:"url"`
	Accounts []Account `json:"accounts"`
}

func main() {
	accounts := flag.Int("accounts", 1, "how many")
	likes := flag.Int("likes", 100, "of each account")
	brief := flag.Bool("brief", false, "pages without GitHub's many addresses")
	flag.Parse()
	if err := run(*accounts, *likes, *brief, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run(accounts, likes int, brief bool, in io.Reader, out io.Writer) error {
	s, hello, err := build(accounts, likes, brief)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	s.host = ln.Addr().String()
	s.sim.AddHost(s.host, simulate.GitHub)
	hello.URL = "http://" + s.host
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in) // ends when whoever started us ends
		_ = srv.Close()
	}()
	if err := json.NewEncoder(out).Encode(hello); err != nil {
		return fmt.Errorf("saying where it listens: %w", err)
	}
	if err := srv.Serve(ln); err != http.ErrServerClosed {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// service answers from memory.
type service struct {
	sim     *simulate.Sim
	api     http.Handler
	host    string
	pages   sync.Map // token and address -> *page
	latency atomic.Int64
	asked   atomic.Int64
	flying  atomic.Int64
	most    atomic.Int64
}

// page is a reply that was made once.
type page struct {
	once   sync.Once
	status int
	header http.Header
	body   []byte
}

func build(accounts, likes int, brief bool) (*service, Hello, error) {
	var hello Hello
	s := &service{sim: simulate.New(simulate.Options{Seed: 1, Brief: brief, KeepRequests: 1, Parallel: map[string]int{simulate.GitHub: 1 << 20}})}
	s.api = s.sim.Handler(simulate.GitHub)
	for i := range accounts {
		a, err := s.sim.AddAccount(simulate.Spec{Service: simulate.GitHub, Name: fmt.Sprintf("person%d", i), Likes: likes})
		if err != nil {
			return nil, hello, err
		}
		hello.Accounts = append(hello.Accounts, Account{ID: a.ID, Name: a.Name, Token: a.Tokens[0]})
	}
	return s, hello, nil
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/bench/latency":
		d, err := time.ParseDuration(r.FormValue("is"))
		if err != nil || d < 0 {
			http.Error(w, "no such time", http.StatusBadRequest)
			return
		}
		s.latency.Store(int64(d))
	case "/bench/seen":
		fmt.Fprintf(w, `{"asked":%d,"most":%d}`, s.asked.Swap(0), s.most.Swap(0))
	default:
		s.answer(w, r)
	}
}

func (s *service) answer(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	now := s.flying.Add(1)
	defer s.flying.Add(-1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); {
		most = s.most.Load()
	}
	wait(r.Context(), time.Duration(s.latency.Load()))
	found, _ := s.pages.LoadOrStore(r.Header.Get("Authorization")+" "+r.RequestURI, &page{})
	p, ok := found.(*page)
	if !ok {
		http.Error(w, "no page", http.StatusInternalServerError)
		return
	}
	p.once.Do(func() { s.make(p, r) })
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(p.body)))
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body) // a caller that is gone needs no page
}

// make lets the simulated service answer once.
func (s *service) make(p *page, r *http.Request) {
	rec := httptest.NewRecorder()
	in := r.Clone(context.WithoutCancel(r.Context()))
	in.Header.Del("Accept-Encoding") // nothing is packed: that would cost all readers the same
	s.api.ServeHTTP(rec, in)
	p.status, p.header, p.body = rec.Code, rec.Header().Clone(), bytes.Clone(rec.Body.Bytes())
	p.header.Del("Date") // net/http says the present one
	p.header.Del("ETag")
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
