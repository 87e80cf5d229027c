package store

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"collector/search"
)

// Facets counts what a query finds by the fields with which a person narrows it. Each
// value is one that a query can ask for (search.Narrow), and where all were counted its
// number is that of the hits of the narrowed query.
//
// It is for a look: all hits are counted where they are few and an index tells, else
// those among the newest likes.
type Facets struct {
	Counted int  // items that were counted
	Whole   bool // they are all that match
	// Since tells of what is not Whole that all which match and were liked after this
	// time are among the counted; zero: which ones were counted is chance.
	Since time.Time

	Services  []Facet // field in:, most items first
	Years     []Facet // field liked:, newest year first
	Tags      []Facet // field tag:, most items first, at most FacetValues
	Languages []Facet // field lang:, most items first, at most FacetValues
}

// Facet is a value and how many items have it.
type Facet struct {
	Value string // of several spellings that are compared alike, the most frequent
	Items int
}

// How many items are counted: FacetsDefault where a caller says 0, FacetsMost at most;
// and how many values of a field are told.
const (
	FacetsDefault = 5_000
	FacetsMost    = 50_000
	FacetValues   = 50
)

// FacetLimit is how many items a store counts that is asked for most.
func FacetLimit(most int) int {
	if most <= 0 {
		most = FacetsDefault
	}
	return min(most, FacetsMost)
}

// FacetLooks is how many of the newest likes a store looks at for so many hits.
func FacetLooks(most int) int { return 2 * most }

// Counting gathers facets item by item. The zero value has counted nothing.
type Counting struct {
	n               int
	last            time.Time
	services, years map[string]int
	tags, languages spellings
}

// Add counts an item; where stores read the newest like first, the last one that was
// added is the oldest.
func (c *Counting) Add(service string, liked time.Time, tags []string, language string) {
	if c.n == 0 {
		c.services, c.years = map[string]int{}, map[string]int{}
		c.tags, c.languages = spellings{field: "tag"}, spellings{field: "lang"}
	}
	c.n++
	c.last = liked.UTC()
	c.services[service]++
	if year := liked.UTC().Year(); year >= 1970 && year <= 9999 { // others no query can ask for
		c.years[strconv.Itoa(year)]++
	}
	c.tags.add(tags...)
	if language != "" {
		c.languages.add(language)
	}
}

// Counted is how many items were added.
func (c *Counting) Counted() int { return c.n }

// Last is the like time of the item that was added last.
func (c *Counting) Last() time.Time { return c.last }

// All are the facets of what was added, if that is all there is.
func (c *Counting) All() Facets {
	f := Facets{
		Counted: c.n, Whole: true,
		Services: most(c.services), Years: most(c.years), Tags: c.tags.most(), Languages: c.languages.most(),
	}
	slices.SortFunc(f.Years, func(a, b Facet) int { return cmp.Compare(b.Value, a.Value) })
	return f
}

// Newest are the facets of what was added, if there is more that was not liked after
// since.
func (c *Counting) Newest(since time.Time) Facets {
	f := c.All()
	f.Whole, f.Since = false, since
	return f
}

// most sorts counts by their size.
func most(counts map[string]int) []Facet {
	var out []Facet
	for value, n := range counts {
		out = append(out, Facet{value, n})
	}
	slices.SortFunc(out, func(a, b Facet) int { return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.Value, b.Value)) })
	return out
}

// spellings counts the values of a field, those together that are compared alike.
type spellings struct {
	field string
	keys  map[string]string         // of each spelling what is compared; "" where no query can ask for it
	items map[string]int            // by key
	spelt map[string]map[string]int // by key, how often each spelling stood
}

// add counts an item with these values.
func (s *spellings) add(values ...string) {
	if s.keys == nil {
		s.keys, s.items, s.spelt = map[string]string{}, map[string]int{}, map[string]map[string]int{}
	}
	var seen []string
	for _, v := range values {
		key, known := s.keys[v]
		if !known {
			if search.Askable(s.field, v) {
				key = search.FieldKey(v)
			}
			s.keys[v] = key
		}
		if key == "" || slices.Contains(seen, key) {
			continue
		}
		seen = append(seen, key)
		s.items[key]++
		if s.spelt[key] == nil {
			s.spelt[key] = map[string]int{}
		}
		s.spelt[key][v]++
	}
}

// most are the values of most items, each in its most frequent spelling.
func (s *spellings) most() []Facet {
	out := most(s.items)
	out = out[:min(len(out), FacetValues)]
	for i, f := range out {
		spelt := s.spelt[f.Value]
		out[i].Value = slices.MinFunc(slices.Collect(maps.Keys(spelt)), func(a, b string) int {
			return cmp.Or(cmp.Compare(spelt[b], spelt[a]), cmp.Compare(a, b))
		})
	}
	return out
}
