package mongo

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/search"
)

// depthMax is how deep an expression is put into a query; MongoDB's own bound is
// about five times as much.
const depthMax = 30

// condition is what a query asks the server for.
type condition struct {
	filter bson.D // nil asks for everything
	exact  bool   // it finds what matches; else what may match, which is then compared
	hint   string // the index that is asked; any where it is ""
}

// everything is a condition that excludes nothing.
func everything() condition { return condition{} }

// compiler puts an expression into a query. nets are the ids of networks whose
// account has a name, as a condition over accounts is one over networks.
type compiler struct {
	nets func(account string) ([]string, error)
	led  bool // by no word that is compiled the index is to be asked
	err  error
}

// compile returns a condition that finds at least what the expression matches.
func (c *compiler) compile(e search.Expr, depth int) condition {
	if depth > depthMax {
		return everything()
	}
	switch e := e.(type) {
	case nil:
		return condition{exact: true}
	case search.And:
		return c.and(e, depth)
	case search.Or:
		return c.or(e, depth)
	case search.Not:
		if x := c.compile(e.Expr, depth+1); x.exact { // of what may match, nothing can be excluded
			return exactly(where("$nor", bson.A{x.query()}))
		}
		return everything()
	case search.Word:
		return c.word(string(e))
	case search.Prefix:
		if e == "" || signed(string(e)) {
			return everything()
		}
		return exactly(c.having(beginning(string(e)), "$not"))
	case search.Phrase:
		return c.phrase(e)
	case search.Field:
		return c.field(e)
	case search.Time:
		from, to := ceil(e.From), ceil(e.To)
		bounds := where("$gte", from)
		if !e.To.IsZero() {
			bounds = append(bounds, bson.E{Key: "$lt", Value: to})
		}
		return exactly(where("likedAt", bounds))
	}
	return everything()
}

// query is the filter of a condition.
func (x condition) query() bson.D {
	if x.filter == nil {
		return bson.D{}
	}
	return x.filter
}

// word finds a word of a text.
func (c *compiler) word(w string) condition {
	if signed(w) {
		return everything() // no text has such a word, but it may be that of a field
	}
	return exactly(c.has(w))
}

// has is the filter of one word.
func (c *compiler) has(w string) bson.D { return c.having(w, "$ne") }

// having is a filter of the words, and not is how it is denied. Of what is denied twice the
// server never asks the index.
func (c *compiler) having(what any, not string) bson.D {
	if !c.led {
		return where("words", what)
	}
	return where("$nor", bson.A{where("words", where(not, what))})
}

// exactly is the condition of a filter that finds what matches.
func exactly(filter bson.D) condition { return condition{filter: filter, exact: true} }

// signed tells whether something has a sign as the words of fields have.
func signed(w string) bool { return strings.ContainsAny(w, ":#") }

// beginning is an anchored expression, which the index answers with a range. The
// words of fields stand among those of texts: "la*" must not find "lang:go".
func beginning(prefix string) bson.Regex {
	pattern := "^" + regexp.QuoteMeta(prefix)
	for _, field := range []string{wordAuthor, wordLanguage, wordKind, wordPrivate} {
		if strings.HasPrefix(field, prefix) {
			return bson.Regex{Pattern: pattern + "[^:]*$"}
		}
	}
	return bson.Regex{Pattern: pattern}
}

// ceil is the first whole millisecond that is not before a time.
func ceil(t time.Time) time.Time {
	if cut := t.Truncate(time.Millisecond); !cut.Equal(t) {
		return cut.Add(time.Millisecond)
	}
	return t
}

// phrase asks for items with all the words; whether they follow each other is
// compared.
func (c *compiler) phrase(p search.Phrase) condition {
	switch len(p) {
	case 0:
		return condition{exact: true}
	case 1:
		return c.word(p[0])
	}
	var words bson.A
	for _, w := range p {
		if signed(w) {
			return everything()
		}
		words = append(words, c.has(w))
	}
	return condition{filter: where("$and", words)}
}

func (c *compiler) and(parts search.And, depth int) condition {
	out := condition{exact: true}
	var filters bson.A
	for _, p := range parts {
		x := c.compile(p, depth+1)
		out.exact = out.exact && x.exact
		if x.filter != nil {
			filters = append(filters, x.filter)
		}
	}
	if len(filters) > 0 {
		out.filter = where("$and", filters)
	}
	return out
}

func (c *compiler) or(parts search.Or, depth int) condition {
	if words, ok := plainWords(parts); ok {
		if c.led {
			return exactly(where("$nor", bson.A{where("words", where("$nin", words))}))
		}
		return exactly(where("words", where("$in", words)))
	}
	out := condition{exact: true}
	filters := bson.A{}
	for _, p := range parts {
		x := c.compile(p, depth+1)
		out.exact = out.exact && x.exact
		if x.filter == nil {
			return condition{exact: x.exact} // it excludes nothing, so neither does the whole
		}
		filters = append(filters, x.filter)
	}
	if len(filters) == 0 {
		return exactly(where("_id", nil)) // nothing matches one of none
	}
	out.filter = where("$or", filters)
	return out
}

// plainWords are the words of an expression that has nothing else.
func plainWords(parts search.Or) ([]string, bool) {
	var words []string
	for _, p := range parts {
		w, ok := p.(search.Word)
		if !ok || signed(string(w)) {
			return nil, false
		}
		words = append(words, string(w))
	}
	return words, len(words) > 0
}

func (c *compiler) field(f search.Field) condition {
	want := search.FieldKey(f.Value)
	if w := wordOf(f); w != "" {
		return exactly(c.has(w))
	}
	switch {
	case f.Name == "in":
		return exactly(where("type", want))
	case f.Name == "account":
		ids, err := c.nets(want)
		c.err = firstOf(c.err, err)
		return exactly(where("net", where("$in", append([]string{}, ids...))))
	case f.Name == "is" && want == "removed":
		return exactly(where("removedAt", where("$exists", true)))
	}
	return exactly(where("_id", nil))
}

// wordOf is the word under which an item with a field is found; "" where it is found
// otherwise.
func wordOf(f search.Field) string {
	want := search.FieldKey(f.Value)
	switch f.Name {
	case "by":
		return wordAuthor + want
	case "tag":
		return wordTag + want
	case "lang":
		return wordLanguage + want
	case "kind":
		return wordKind + want
	case "is":
		if want == "private" {
			return wordPrivate
		}
	}
	return ""
}

func firstOf(errs ...error) error {
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// ofAccount are the ids of networks, of a user or of all, whose account has a name.
func (s *Store) ofAccount(ctx context.Context, user, account string) ([]string, error) {
	filter := where("accountKey", account)
	if user != "" {
		filter = append(where("user", user), filter...)
	}
	cursor, err := s.networks.Find(ctx, filter)
	ns, err := all[*network](ctx, cursor, err)
	var ids []string
	for _, n := range ns {
		ids = append(ids, n.ID)
	}
	return ids, err
}
