package simulate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// Control returns the control API, for tests and people whose collector is
// another process. Everything is JSON; an error is {"error": text} with status
// 400. Durations are in nanoseconds, as Go writes them.
//
//	GET    /                      seed, time, accounts, number of requests
//	POST   /accounts              Spec -> Account
//	POST   /like                  {"account", "n"} -> ids
//	POST   /unlike|relike|vanish  {"account", "id"} -> id ("" chooses one)
//	GET    /likes?account=        Like list: the truth
//	GET    /former?account=       Like list: what was true once
//	POST   /compare               {"account", "got": {id: time}} -> Diff
//	GET    /requests?account=     Request list
//	GET    /violations            Violation list
//	GET    /windows?prefix=       Window list
//	POST   /faults                Fault
//	DELETE /faults                disarms all
//	POST   /churn                 Churn
//	DELETE /churn                 stops all
//	POST   /latency               {"fixed", "jitter"}
//	POST   /advance               {"by"}
//	POST   /revoke|restore|expire {"account"}
//	POST   /issue                 {"account"} -> credential
//	POST   /cap                   {"account", "n"}
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, fn func(r *http.Request) any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { tell(w, fn(r), nil) })
	}
	get("/{$}", func(*http.Request) any {
		return map[string]any{"seed": s.Seed(), "now": s.Now(), "accounts": s.Accounts(), "requests": s.Total()}
	})
	get("/likes", func(r *http.Request) any { return s.Likes(r.FormValue("account")) })
	get("/former", func(r *http.Request) any { return s.Former(r.FormValue("account")) })
	get("/requests", func(r *http.Request) any { return s.Requests(r.FormValue("account")) })
	get("/violations", func(*http.Request) any { return s.Violations() })
	get("/windows", func(r *http.Request) any { return s.Windows(r.FormValue("prefix")) })
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		tell(w, struct{}{}, nil)
	})
	mux.HandleFunc("DELETE /churn", func(w http.ResponseWriter, _ *http.Request) {
		s.StopChurn()
		tell(w, struct{}{}, nil)
	})

	post(mux, "/accounts", func(in Spec) (any, error) { return s.AddAccount(in) })
	post(mux, "/like", func(in order) (any, error) { return s.Like(in.Account, max(1, in.N)) })
	post(mux, "/unlike", func(in order) (any, error) { return s.Unlike(in.Account, in.ID) })
	post(mux, "/relike", func(in order) (any, error) { return s.Relike(in.Account, in.ID) })
	post(mux, "/vanish", func(in order) (any, error) { return s.Vanish(in.Account, in.ID) })
	post(mux, "/compare", func(in order) (any, error) { return s.Compare(in.Account, in.Got), nil })
	post(mux, "/faults", func(in Fault) (any, error) {
		if !slices.Contains(Kinds(), in.Kind) {
			return nil, fmt.Errorf("there is no fault %q", in.Kind)
		}
		s.AddFault(in)
		return struct{}{}, nil
	})
	post(mux, "/churn", func(in Churn) (any, error) { return struct{}{}, s.AddChurn(in) })
	post(mux, "/latency", func(in order) (any, error) { s.SetLatency(in.Fixed, in.Jitter); return struct{}{}, nil })
	post(mux, "/advance", func(in order) (any, error) { s.Advance(in.By); return s.Now(), nil })
	post(mux, "/revoke", func(in order) (any, error) { return struct{}{}, s.Revoke(in.Account) })
	post(mux, "/restore", func(in order) (any, error) { return struct{}{}, s.Restore(in.Account) })
	post(mux, "/expire", func(in order) (any, error) { return struct{}{}, s.Expire(in.Account) })
	post(mux, "/issue", func(in order) (any, error) { return s.Issue(in.Account) })
	post(mux, "/cap", func(in order) (any, error) { return struct{}{}, s.SetCap(in.Account, in.N) })
	return mux
}

// order is the body of the short commands.
type order struct {
	Account string               `json:"account"`
	ID      string               `json:"id"`
	N       int                  `json:"n"`
	Got     map[string]time.Time `json:"got"`
	Fixed   time.Duration        `json:"fixed"`
	Jitter  time.Duration        `json:"jitter"`
	By      time.Duration        `json:"by"`
}

// post adds a command that reads In.
func post[In any](mux *http.ServeMux, path string, fn func(In) (any, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		d := json.NewDecoder(io.LimitReader(r.Body, 64<<20))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			tell(w, nil, fmt.Errorf("reading the command %s: %w", path, err))
			return
		}
		out, err := fn(in)
		tell(w, out, err)
	})
}

func tell(w http.ResponseWriter, out any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(out) // a caller that is gone misses its answer
}
