package sqlite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"collector/item"
	"collector/search"
)

// indexMany is how many rows one statement of the search index takes: below
// SQLite's limit of 32,766 values.
const indexMany = 10_000

// owe notes a row for the search index.
func (t *tx) owe(p place, r row, replaces bool) {
	if r.words == "" {
		r.words = wordsOf(r.Item)
	}
	t.entries = append(t.entries, entry{id: r.num, replaces: replaces, meta: metaOf(p.user, r.Item), words: r.words})
}

// wordsOf are the words under which an item is found.
func wordsOf(it item.Item) string { return strings.Join(search.ItemWords(it), " ") }

// index writes the search index for the whole transaction: what is replaced goes
// in one statement, what is new comes in one.
func (t *tx) index() error {
	if len(t.entries) == 0 {
		return nil
	}
	// In the order of row numbers: FTS5 writes out what it has gathered when
	// they fall. Of two entries of one row the later one stands.
	slices.SortStableFunc(t.entries, func(a, b entry) int { return int(a.id - b.id) })
	last := t.entries[:0]
	for _, e := range t.entries {
		if n := len(last); n > 0 && last[n-1].id == e.id {
			e.replaces = e.replaces && last[n-1].replaces
			last[n-1] = e
			continue
		}
		last = append(last, e)
	}
	var old []int64
	for _, e := range last {
		if e.replaces {
			old = append(old, e.id)
		}
	}
	err := chunks(nil, old, func(args []any) error {
		return t.exec("DELETE FROM word_index WHERE rowid IN ("+inList+")", args...)
	})
	if err != nil {
		return fmt.Errorf("taking items out of the search index: %w", err)
	}
	for part := range slices.Chunk(last, indexMany) {
		args := make([]any, 0, 3*len(part))
		for _, e := range part {
			args = append(args, e.id, e.meta, e.words)
		}
		query := "INSERT INTO word_index (rowid, meta, words) VALUES " + strings.Repeat("(?,?,?),", len(part)-1) + "(?,?,?)"
		if err := t.once(query, args...); err != nil {
			return fmt.Errorf("writing the search index: %w", err)
		}
	}
	t.entries = t.entries[:0]
	return nil
}

// metaOf is what the index holds of an item beside its words: whose it is, so
// that one user's query does not read everyone's hits, and its fields.
func metaOf(user int64, it item.Item) string {
	meta := []string{owner(user), field("by", it.Author.Name), field("lang", it.Language), field("kind", it.Kind)}
	for _, tag := range it.Tags {
		meta = append(meta, field("tag", tag))
	}
	if it.Private {
		meta = append(meta, "is:private")
	}
	return strings.Join(meta, " ")
}

func owner(user int64) string { return "u" + strconv.FormatInt(user, 10) }

// fieldMax is how many bytes of a field's value the index holds.
const fieldMax = 256

// field is the index's word for a field with a value: the folded value, with
// every byte that the tokenizer would split at written in hexadecimal.
func field(name, value string) string {
	key := search.FieldKey(value)
	if len(key) > fieldMax {
		key = key[:fieldMax]
	}
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(name) + 1 + len(key))
	b.WriteString(name)
	b.WriteByte(':')
	for i := range len(key) {
		if c := key[i]; token(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'_', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// token tells whether the tokenizer leaves a byte as it is and inside a word.
func token(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
}
