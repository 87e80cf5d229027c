package store

import (
	"context"

	"collector/search"
)

// Suggestion is a query that asks for less than one that found nothing, and finds
// something: "Without lang:zig there are 4".
type Suggestion struct {
	search.Looser
	Items int  // that it finds
	More  bool // there may be more: not all were counted
}

// How much Suggest tries: parts of a query left out, and items counted of each.
const (
	suggestParts = 8
	suggestMost  = 1000
)

// Suggest tells what a query that finds nothing would find without one of its parts,
// in the order of the parts. It is empty where that is nothing either, where the query is
// one part alone, and where all that would be found is older than Facets looks back.
func Suggest(ctx context.Context, items Items, q Query) ([]Suggestion, error) {
	loose := search.Loosen(q.Expr)
	var out []Suggestion
	for _, l := range loose[:min(len(loose), suggestParts)] {
		q.Expr = l.Expr
		f, err := items.Facets(ctx, q, suggestMost)
		if err != nil {
			return nil, err
		}
		if f.Counted > 0 {
			out = append(out, Suggestion{l, f.Counted, !f.Whole})
		}
	}
	return out, nil
}
