package control

import (
	"cmp"
	"context"
	"errors"
	"time"

	"collector/control/words"
	"collector/search"
	"collector/search/saved"
	"collector/store"
)

// Search is a question for what was liked.
type Search struct {
	User  string
	Query string
	Sort  string // "best" or "newest"; "" is "best"
	Limit int    // 1 to SearchMost
	After string // Found.Next of the page before
	Saved string // a saved search of the user, which an item must match too; "" none
}

// Bounds of one answer: how many items it holds, and how many bytes of text they have together. One
// item it holds, whatever its size.
const (
	SearchMost  = 1000
	SearchBytes = store.PageBytes
)

// Found is one page of what was found.
type Found struct {
	Items  []store.Liked
	Next   string // "" on the last page
	Ranked bool   // best answers first; else newest like first
}

// Results are one page of what was found, as it leaves the store.
type Results struct {
	Items   []Item    `json:"items" nullable:"false"`
	Next    string    `json:"next" doc:"after of the next page; empty on the last one"`
	Ranked  bool      `json:"ranked" doc:"best answers first; else newest like first"`
	Without []Without `json:"without,omitempty" nullable:"false" doc:"where nothing is found: what is, without one of the parts of the query"`
}

// Without is what a search that finds nothing would find without one of its parts.
type Without struct {
	Part  string `json:"part"`
	Items int    `json:"items"`
	More  bool   `json:"more"` // there may be more: not all were counted
}

// Understood reads a query. A mistake fails nothing as long as something was understood:
// that is searched, and mistake is not nil.
func Understood(query string, now time.Time) (expr search.Expr, mistake *search.Problem, err error) {
	expr, bad := search.Parse(query, now)
	if bad != nil && expr == nil {
		return nil, nil, Misread(bad)
	}
	return expr, bad, nil
}

// Misread is a query of which not even a part may be used.
func Misread(bad *search.Problem) error {
	return you(Wrong, "collector search --help   explains the query", "the query is not understood\n%s", bad.Caret())
}

// Checked refuses a question that makes no sense, and returns the order it asks for.
func (s Search) Checked() (store.Order, error) {
	if s.Limit < 1 || s.Limit > SearchMost {
		return 0, you(Wrong, "--limit=50", "--limit=%d is not between 1 and %d", s.Limit, SearchMost)
	}
	switch s.Sort {
	case "best", "":
		return store.Best, nil
	case "newest":
		return store.Newest, nil
	}
	return 0, you(Wrong, "--sort=best or --sort=newest", "there is no order %q", words.Plain(s.Sort))
}

// Search finds items for an expression that was read from s.Query.
func (p *Panel) Search(ctx context.Context, s Search, expr search.Expr) (Found, error) {
	order, err := s.Checked()
	if err != nil {
		return Found{}, err
	}
	r, err := p.Store.Search(ctx, store.Query{User: s.User, Expr: expr, Limit: s.Limit, Bytes: SearchBytes, After: s.After, Order: order})
	if errors.Is(err, store.ErrMark) {
		return Found{}, you(Wrong, "search again without --after", "%w", err)
	}
	return Found{r.Items, r.Next, r.Ranked}, err
}

// Results is Search as it leaves the store, beside a saved search where one is named, and
// where nothing is found with what would be.
func (p *Panel) Results(ctx context.Context, s Search, expr search.Expr, now time.Time) (Results, error) {
	if s.Saved != "" {
		s.User = cmp.Or(s.User, Someone)
		kept, err := p.savedSearch(ctx, s.User, s.Saved, now)
		if err != nil {
			return Results{}, err
		}
		expr = search.Both(kept, expr)
	}
	r, err := p.Search(ctx, s, expr)
	if err != nil {
		return Results{}, err
	}
	out := Results{Items: make([]Item, len(r.Items)), Next: r.Next, Ranked: r.Ranked}
	for i, it := range r.Items {
		out.Items[i] = ItemOf(it, p.Simulated)
	}
	if len(r.Items) > 0 || s.After != "" {
		return out, nil
	}
	some, err := store.Suggest(ctx, p.Store, store.Query{User: s.User, Expr: expr})
	if err != nil {
		return out, ctx.Err() // that nothing is found is an answer
	}
	for _, less := range some {
		out.Without = append(out.Without, Without{less.Looser.Without.String(), less.Items, less.More})
	}
	return out, nil
}

// savedSearch is what a saved search asks for now.
func (p *Panel) savedSearch(ctx context.Context, user, name string, now time.Time) (search.Expr, error) {
	s, err := saved.Get(ctx, p.Store, user, name)
	if err != nil {
		return nil, NoSuchSearch(err)
	}
	expr, bad := search.Parse(s.Query, now)
	if bad != nil { // a version with another grammar kept it
		return nil, Misread(bad)
	}
	return expr, nil
}

// SaveSearch keeps a search of a user under its name.
func (p *Panel) SaveSearch(ctx context.Context, user string, s saved.Search, now time.Time) error {
	return unsaved(saved.Save(ctx, p.Store, user, s, now))
}

// CheckSearch says what of a search cannot be kept.
func CheckSearch(s saved.Search, now time.Time) error { return unsaved(s.Check(now)) }

// unsaved says what helps where a search cannot be kept.
func unsaved(err error) error {
	if bad, is := errors.AsType[*search.Problem](err); is {
		return Misread(bad)
	}
	if errors.Is(err, saved.ErrName) || errors.Is(err, saved.ErrText) || errors.Is(err, saved.ErrMany) {
		return you(Wrong, "collector searches save --help", "%w", err)
	}
	return err
}

// NoSuchSearch says how to see the saved searches that there are, where one is not.
func NoSuchSearch(err error) error {
	if errors.Is(err, saved.ErrNone) {
		return you(Unknown, "collector searches list   shows the names", "%w", err)
	}
	return err
}
