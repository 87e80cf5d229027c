package sqlite

import (
	"errors"
	"strings"

	"collector/search"
)

// errPlain says that an expression cannot be put into SQL: it is so large that
// SQLite would refuse it, or holds what the parser does not produce. Such a
// query is answered by search.Match, slower and equally right.
var errPlain = errors.New("not expressible in SQL")

// Bounds of what is put into SQL, well below SQLite's own.
const (
	nodesMax = 150
	depthMax = 40
)

// cond is an expression in one of two forms: a query of the search index (fts),
// or a condition over the columns of items i and networks n (sql).
type cond struct {
	fts string
	sql string
}

// compiler translates an expression. Arguments are numbered from base+1 on.
type compiler struct {
	owner string // index word of the user, "" for all users
	base  int
	args  []any
	nodes int
	looks bool // a condition looks into the search index
}

// arg adds an argument and returns its name.
func (c *compiler) arg(v any) string {
	c.args = append(c.args, v)
	return "?" + itoa(c.base+len(c.args))
}

// matching is the condition that the search index finds the item.
func (c *compiler) matching(fts string) string {
	c.looks = true
	return "i.id IN (SELECT rowid FROM word_index WHERE word_index MATCH " + c.arg(c.owned(fts)) + ")"
}

// owned narrows a query of the index to the user.
func (c *compiler) owned(fts string) string {
	if c.owner == "" {
		return fts
	}
	return `meta : "` + c.owner + `" AND (` + fts + ")"
}

// condition is the SQL of either form.
func (c *compiler) condition(x cond) string {
	if x.fts != "" {
		return c.matching(x.fts)
	}
	return x.sql
}

func (c *compiler) compile(e search.Expr, depth int) (cond, error) {
	if c.nodes++; c.nodes > nodesMax || depth > depthMax {
		return cond{}, errPlain
	}
	switch e := e.(type) {
	case nil:
		return cond{sql: "1"}, nil
	case search.And:
		return c.and(e, depth)
	case search.Or:
		return c.or(e, depth)
	case search.Not:
		x, err := c.compile(e.Expr, depth+1)
		if err != nil {
			return cond{}, err
		}
		return cond{sql: "NOT (" + c.condition(x) + ")"}, nil
	case search.Word:
		return phrase(string(e))
	case search.Phrase:
		if len(e) == 0 {
			return cond{sql: "1"}, nil
		}
		if c.nodes += len(e); c.nodes > nodesMax {
			return cond{}, errPlain
		}
		return phrase(e...)
	case search.Prefix:
		x, err := phrase(string(e))
		x.fts += " *"
		return x, err
	case search.Field:
		return c.field(e)
	case search.Time:
		sql := "i.liked_at >= " + c.arg(ceil(e.From))
		if !e.To.IsZero() {
			sql += " AND i.liked_at < " + c.arg(ceil(e.To))
		}
		return cond{sql: "(" + sql + ")"}, nil
	}
	return cond{}, errPlain
}

// phrase is the query for words that follow each other. Words that search.Words
// would not give are left to search.Match.
func phrase(words ...string) (cond, error) {
	for _, w := range words {
		if w == "" {
			return cond{}, errPlain
		}
		for i := range len(w) {
			if !token(w[i]) {
				return cond{}, errPlain
			}
		}
	}
	return cond{fts: `words : "` + strings.Join(words, " ") + `"`}, nil
}

// field compares a field. A value so long that the index holds only its beginning
// is left to search.Match.
func (c *compiler) field(f search.Field) (cond, error) {
	switch f.Name {
	case "in":
		return cond{sql: "n.service_key = " + c.arg(search.FieldKey(f.Value))}, nil
	case "account":
		return cond{sql: "n.account_key = " + c.arg(search.FieldKey(f.Value))}, nil
	case "by", "tag", "lang", "kind":
		if len(search.FieldKey(f.Value)) >= fieldMax {
			return cond{}, errPlain
		}
		return cond{fts: `meta : "` + field(f.Name, f.Value) + `"`}, nil
	case "is":
		switch search.FieldKey(f.Value) {
		case "removed":
			return cond{sql: "i.removed_at IS NOT NULL"}, nil
		case "private":
			return cond{fts: `meta : "is:private"`}, nil
		}
	}
	return cond{sql: "0"}, nil
}

// and joins what the index can answer into one query of it, exclusions included.
func (c *compiler) and(parts search.And, depth int) (cond, error) {
	var found, sqls []string
	var not []cond
	for _, p := range parts {
		if n, ok := p.(search.Not); ok {
			x, err := c.compile(n.Expr, depth+1)
			if err != nil {
				return cond{}, err
			}
			not = append(not, x)
			continue
		}
		x, err := c.compile(p, depth+1)
		if err != nil {
			return cond{}, err
		}
		if x.fts != "" {
			found = append(found, "("+x.fts+")")
		} else {
			sqls = append(sqls, x.sql)
		}
	}
	fts := strings.Join(found, " AND ")
	for _, x := range not {
		if fts != "" && x.fts != "" {
			fts = "(" + fts + ") NOT (" + x.fts + ")"
		} else {
			sqls = append(sqls, "NOT ("+c.condition(x)+")")
		}
	}
	switch {
	case fts != "" && len(sqls) == 0:
		return cond{fts: fts}, nil
	case fts != "":
		sqls = append(sqls, c.matching(fts))
	case len(sqls) == 0:
		return cond{sql: "1"}, nil
	}
	return cond{sql: "(" + strings.Join(sqls, " AND ") + ")"}, nil
}

// or joins what the index can answer into one query of it.
func (c *compiler) or(parts search.Or, depth int) (cond, error) {
	var found, sqls []string
	for _, p := range parts {
		x, err := c.compile(p, depth+1)
		if err != nil {
			return cond{}, err
		}
		if x.fts != "" {
			found = append(found, "("+x.fts+")")
		} else {
			sqls = append(sqls, x.sql)
		}
	}
	fts := strings.Join(found, " OR ")
	switch {
	case fts != "" && len(sqls) == 0:
		return cond{fts: fts}, nil
	case fts != "":
		sqls = append(sqls, c.matching(fts))
	case len(sqls) == 0:
		return cond{sql: "0"}, nil
	}
	return cond{sql: "(" + strings.Join(sqls, " OR ") + ")"}, nil
}
