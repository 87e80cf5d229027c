package control

import (
	"context"
	"errors"
	"time"

	"collector/control/words"
	"collector/search"
	"collector/store"
)

// Search is a question for what was liked.
type Search struct {
	User  string
	Query string
	Sort  string // "best" or "newest"; "" is "best"
	Limit int    // 1 to SearchMost
	After string // Found.Next of the page before
}

// SearchMost is how many items one answer holds at most.
const SearchMost = 1000

// Found is one page of what was found.
type Found struct {
	Items  []store.Liked
	Next   string // "" on the last page
	Ranked bool   // best answers first; else newest like first
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
	r, err := p.Store.Search(ctx, store.Query{User: s.User, Expr: expr, Limit: s.Limit, After: s.After, Order: order})
	if errors.Is(err, store.ErrMark) {
		return Found{}, you(Wrong, "search again without --after", "%w", err)
	}
	return Found{r.Items, r.Next, r.Ranked}, err
}
