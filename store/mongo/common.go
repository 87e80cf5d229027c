package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/search"
	"collector/store"
)

// probe asks the index, for one search, how common words are: in the items of its users, in
// the time that is asked for, removed ones too. What it was told it does not ask again.
type probe struct {
	s      *Store
	users  bson.D // empty where users are not named: then the index does not tell
	bounds bson.A
	known  map[string]tally
}

// tally is that at least so many items have a word, and no more than that where fewer
// than most were found.
type tally struct{ n, most int }

func (s *Store) probing(ctx context.Context, q store.Query) (*probe, error) {
	users, err := s.whose(ctx, q)
	return &probe{s: s, users: users, bounds: times(q.Expr), known: map[string]tally{}}, err
}

// condition is what the search asks the server for, led by what is rarest as far as words
// are counted: up to most.
func (p *probe) condition(ctx context.Context, q store.Query, most int) (condition, error) {
	l, err := p.lead(ctx, q, most)
	if err != nil {
		return condition{}, err
	}
	return p.s.conditionBy(ctx, q, p.users, l)
}

// counted is how many items have a word, most at most; -1 where the index does not tell.
func (p *probe) counted(ctx context.Context, word string, most int) (int, error) {
	if len(p.users) == 0 {
		return -1, nil
	}
	known, asked := p.known[word]
	if !asked || known.n == known.most && known.most < most {
		n, err := p.count(ctx, p.within(where("words", word)), most)
		if err != nil {
			return 0, err
		}
		known = tally{n, most}
		p.known[word] = known
	}
	return min(known.n, most), nil
}

// begun is how many items have a word that begins so, most at most.
func (p *probe) begun(ctx context.Context, e search.Prefix, most int) (int, error) {
	if len(p.users) == 0 {
		return -1, nil
	}
	return p.count(ctx, p.within(where("words", beginning(string(e)))), most)
}

// within is a filter that the index of words answers alone.
func (p *probe) within(words bson.D) bson.D {
	query := append(p.users[:1:1], words...)
	if len(p.bounds) > 0 {
		query = append(query, bson.E{Key: "$and", Value: p.bounds})
	}
	return query
}

// count counts what a filter finds by the index of words, most at most.
func (p *probe) count(ctx context.Context, query bson.D, most int) (int, error) {
	var n struct{ N int }
	err := p.s.items.Database().RunCommand(ctx, bson.D{
		{Key: "count", Value: p.s.items.Name()},
		{Key: "query", Value: query},
		{Key: "limit", Value: most},
		{Key: "hint", Value: indexWords},
	}).Decode(&n)
	return n.N, err
}

// fewEnough tells whether a search may have few enough hits to be ranked; reading them
// tells whether it has. The index counts removed items too, so as many more are allowed
// as there are of those, up to as many as are ranked.
func (p *probe) fewEnough(ctx context.Context, q store.Query) (bool, error) {
	few, err := p.fewEnoughOf(ctx, q, store.BestMost)
	if few || err != nil {
		return few, err
	}
	gone, err := p.removed(ctx, store.BestMost)
	if err != nil || gone == 0 {
		return false, err
	}
	return p.fewEnoughOf(ctx, q, store.BestMost+gone)
}

// removed is how many items were removed, most at most; 0 where the index does not tell,
// since users are not named.
func (p *probe) removed(ctx context.Context, most int) (int, error) {
	if len(p.users) == 0 {
		return 0, nil
	}
	query := append(p.users[:1:1], bson.E{Key: "removedAt", Value: where("$exists", true)})
	n, err := p.s.items.CountDocuments(ctx, query, options.Count().SetHint(indexRemoved).SetLimit(int64(most)))
	return int(n), err
}

// fewEnoughOf is false where a search is known to have more hits than most, so that
// none of them is read in vain; and where finding out would be to read more than are
// ranked: none of the words that every hit has is rare enough in the time that is asked
// for, nor are several of which it has one, nor is it one word without others. The index
// alone is asked.
func (p *probe) fewEnoughOf(ctx context.Context, q store.Query, most int) (bool, error) {
	e := q.Expr
	words := musts(e)
	if len(words) == 0 {
		least, err := p.atLeast(ctx, e, most)
		return least <= most, err
	}
	_, n, err := p.rarest(ctx, words, most)
	if err != nil || n <= most {
		return err == nil, err
	}
	parts, _ := e.(search.And)
	for _, part := range parts {
		if _, not := part.(search.Not); not && len(words) == 1 {
			return p.fewLeft(ctx, q)
		}
		if few, err := p.fewOfOne(ctx, part, most); few || err != nil {
			return few, err
		}
	}
	return false, nil
}

// fewLeft tells whether few enough hits to be ranked are left of a common word. Only reading
// them tells, which the server does and keeps to itself.
func (p *probe) fewLeft(ctx context.Context, q store.Query) (bool, error) {
	c, err := p.condition(ctx, q, store.BestMost)
	if err != nil || !c.exact || c.hint == "" {
		return err == nil, err
	}
	n, err := p.count(ctx, c.query(), store.BestMost+1)
	return n <= store.BestMost, err
}

// fewOfOne tells whether few enough items to be ranked have one of several words.
func (p *probe) fewOfOne(ctx context.Context, e search.Expr, most int) (bool, error) {
	or, _ := e.(search.Or)
	words, plain := plainWords(or)
	if !plain || len(words) > partsMost {
		return false, nil
	}
	sum := 0
	for _, w := range words {
		n, err := p.counted(ctx, w, most+1)
		if sum += n; err != nil || n < 0 || sum > most {
			return false, err
		}
	}
	return true, nil
}

// atLeast counts, up to one more than most, how many items have what any hit has.
func (p *probe) atLeast(ctx context.Context, e search.Expr, most int) (int, error) {
	switch e := e.(type) {
	case search.Word:
		n, err := p.counted(ctx, string(e), most+1)
		return max(n, 0), err
	case search.Or:
		least := 0
		for _, part := range e[:min(len(e), partsMost)] {
			n, err := p.atLeast(ctx, part, most)
			if least = max(least, n); err != nil || least > most {
				return least, err
			}
		}
		return least, nil
	}
	return 0, nil
}

// named counts, up to one more than most, how many items the index names of which all hits
// are some; more than most where it names none, and where it does not tell.
func (p *probe) named(ctx context.Context, e search.Expr, most int) (n int, err error) {
	if len(p.users) == 0 {
		return most + 1, nil
	}
	switch e := e.(type) {
	case search.And:
		n = most + 1
		for _, part := range e[:min(len(e), partsMost)] {
			of, err := p.named(ctx, part, most)
			if n = min(n, of); err != nil {
				return n, err
			}
		}
		return n, nil
	case search.Phrase:
		words := make(search.And, len(e))
		for i, w := range e {
			words[i] = search.Word(w)
		}
		return p.named(ctx, words, most)
	case search.Or:
		if len(e) > partsMost {
			return most + 1, nil
		}
		for _, part := range e {
			of, err := p.named(ctx, part, most)
			if n += of; err != nil || n > most {
				return most + 1, err
			}
		}
		return n, nil
	case search.Word:
		if !signed(string(e)) {
			return p.counted(ctx, string(e), most+1)
		}
	case search.Prefix:
		if e != "" && !signed(string(e)) {
			return p.begun(ctx, e, most+1)
		}
	case search.Field:
		if w := wordOf(e); w != "" {
			return p.counted(ctx, w, most+1)
		}
	}
	return most + 1, nil
}

// partsMost is of how many parts of an expression it is asked how common they are.
const partsMost = 8

// rarest is the rarest of several words, and in how many items it stands: more than most
// where all stand in more. The word is "" where the index does not tell.
func (p *probe) rarest(ctx context.Context, words []string, most int) (word string, least int, err error) {
	least = most + 1
	for _, w := range words[:min(len(words), partsMost)] {
		n, err := p.counted(ctx, w, least)
		if err != nil || n < 0 {
			return "", n, err
		}
		if n < least {
			word, least = w, n
		}
	}
	return word, least, nil
}

// musts are words of the index that every hit has.
func musts(e search.Expr) (out []string) {
	switch e := e.(type) {
	case search.And:
		for _, part := range e {
			out = append(out, musts(part)...)
		}
	case search.Word:
		out = append(out, string(e))
	case search.Phrase:
		out = append(out, e...)
	case search.Field:
		if w := wordOf(e); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// ofLists tells whether a search is among some lists alone, which have an index too.
func ofLists(e search.Expr) bool {
	switch e := e.(type) {
	case search.And:
		return slices.ContainsFunc(e, ofLists)
	case search.Field:
		return e.Name == "account"
	}
	return false
}
