package mongo

import (
	"context"
	"slices"

	"collector/search"
	"collector/store"
)

// A search is led by what is rarest in it: by this alone the index of words is asked, which
// names the hits in the order of likes, and every item that it names is compared by the
// server with the rest. Which of several words to ask by the server would find out by trying
// them, and remember for others whatever they are.

// lead is some words, of which every hit has one at least, or how a word of every hit begins.
// The zero lead leaves the choice of the index to the server.
type lead struct {
	words  []string
	begins search.Prefix // instead of words; its items are not in the order of likes
	walk   bool          // instead of both: the newest likes are compared, whatever their words
}

const (
	// fewLed is how many items with a beginning are looked up and sorted. Of more a page
	// is sooner found among the newest likes: both cost the same where the items are
	// √(page × likes), 2,000 among 100,000 likes and 7,000 among a million.
	fewLed = 4000
	// fewSoon is how many items with a word are compared without asking whether something
	// else is rarer.
	fewSoon = 500
	// wordsMost is how many words lead together: the server merges 200 lists at most in the
	// order of likes, one for each word of each user.
	wordsMost = 200 / usersMost
)

// is tells whether there is a lead.
func (l lead) is() bool { return len(l.words) > 0 || l.begins != "" || l.walk }

// lead chooses by what the search is led. most bounds how far words are counted.
func (p *probe) lead(ctx context.Context, q store.Query, most int) (lead, error) {
	if len(p.users) == 0 || search.AsksRemoved(q.Expr) { // what is gone has an index of its own
		return lead{}, nil
	}
	sets, err := p.sets(ctx, q.Expr, most)
	if err != nil {
		return lead{}, err
	}
	begins, lists := beginnings(q.Expr), q.Network != "" || ofLists(q.Expr)
	if len(begins) == 0 && !lists && len(sets) == 1 {
		return lead{words: sets[0]}, nil // there is no choice
	}
	words, n, err := p.least(ctx, sets, most)
	if err != nil {
		return lead{}, err
	}
	if lists && n > fewLed {
		return lead{}, nil
	}
	out := lead{words: words}
	if n <= fewSoon {
		return out, nil
	}
	for _, b := range begins[:min(len(begins), partsMost)] {
		few := min(n, fewLed)
		got, err := p.begun(ctx, b, few)
		if err != nil {
			return lead{}, err
		}
		if got < few {
			out, n = lead{begins: b}, got
		}
	}
	out.walk = len(begins) > 0 && !lists && len(out.words) == 0 && out.begins == ""
	return out, nil
}

// sets are sets of words, of each of which every hit has one at least.
func (p *probe) sets(ctx context.Context, e search.Expr, most int) (out [][]string, err error) {
	switch e := e.(type) {
	case search.And:
		for _, part := range e {
			of, err := p.sets(ctx, part, most)
			if err != nil {
				return nil, err
			}
			out = append(out, of...)
		}
	case search.Or:
		var union []string
		for _, part := range e {
			of, err := p.sets(ctx, part, most)
			if err != nil || len(of) == 0 {
				return nil, err
			}
			one := of[0]
			if len(of) > 1 {
				if one, _, err = p.least(ctx, of, most); err != nil {
					return nil, err
				}
			}
			union = append(union, one...)
		}
		slices.Sort(union)
		if union = slices.Compact(union); 0 < len(union) && len(union) <= wordsMost {
			out = append(out, union)
		}
	default:
		for _, w := range musts(e) {
			if !signed(w) || isField(e) {
				out = append(out, []string{w})
			}
		}
	}
	return out, nil
}

func isField(e search.Expr) bool {
	_, is := e.(search.Field)
	return is
}

// least is the set of words that the fewest items have, and how many: more than most where
// there are more of each, or none is to be chosen from.
func (p *probe) least(ctx context.Context, sets [][]string, most int) (words []string, least int, err error) {
	least = most + 1
	for i, set := range sets[:min(len(sets), partsMost)] {
		n := 0
		for _, w := range set {
			if n < least {
				more, err := p.counted(ctx, w, least-n)
				if err != nil {
					return nil, 0, err
				}
				n += more
			}
		}
		if i == 0 || n < least {
			words, least = set, n
		}
	}
	return words, least, nil
}

// beginnings are beginnings of words of which every hit has one. Those of the words of
// fields are asked for as such alone.
func beginnings(e search.Expr) (out []search.Prefix) {
	switch e := e.(type) {
	case search.And:
		for _, part := range e {
			out = append(out, beginnings(part)...)
		}
	case search.Prefix:
		if e != "" && !signed(string(e)) {
			out = append(out, e)
		}
	}
	return out
}

// rest is what is still to be asked of an item that a lead has named.
func (l lead) rest(e search.Expr) search.Expr {
	switch e := e.(type) {
	case search.And:
		var rest search.And
		for _, part := range e {
			if part = l.rest(part); part != nil {
				rest = append(rest, part)
			}
		}
		if rest == nil {
			return nil
		}
		return rest
	case search.Prefix:
		if e == l.begins && e != "" {
			return nil
		}
	default:
		has, all := oneOf(e)
		if all && len(l.words) > 0 && !slices.ContainsFunc(l.words, func(w string) bool { return !slices.Contains(has, w) }) {
			return nil
		}
	}
	return e
}

// oneOf are the words of which an item has to have one to match, where that is all that
// is asked for.
func oneOf(e search.Expr) (words []string, all bool) {
	switch e := e.(type) {
	case search.Word:
		return []string{string(e)}, !signed(string(e))
	case search.Field:
		w := wordOf(e)
		return []string{w}, w != ""
	case search.Or:
		for _, part := range e {
			of, all := oneOf(part)
			if !all {
				return nil, false
			}
			words = append(words, of...)
		}
		return words, len(words) > 0
	}
	return nil, false
}
