package site

import (
	"slices"

	"collector/search"
	"collector/store"
	"collector/web/page"
)

// How many values of a filter are shown.
const (
	yearsShown     = 12
	tagsOffered    = 12
	languagesShown = 8
)

// narrowing fills in what a search can be narrowed by, what it is narrowed by, and the
// order. Removed counts what would be found of likes that are not there any more.
func (v *visit) narrowing(l *page.Likes, q question, f, removed store.Facets) {
	add := func(title, field string, values []store.Facet, most int) {
		facet := page.Facet{Title: title}
		for _, value := range values[:min(len(values), most)] {
			one := v.facetValue(q.expr, field, value)
			facet.Values = append(facet.Values, one)
		}
		if len(facet.Values) > 0 {
			l.Facets = append(l.Facets, facet)
		}
	}
	add("Service", "in", f.Services, len(f.Services))
	add("Year", "liked", f.Years, yearsShown)
	add("Language", "lang", f.Languages, languagesShown)
	add("Tag", "tag", f.Tags, tagsOffered)
	if search.AsksRemoved(q.expr) {
		removed = f
	}
	if state := v.facetValue(q.expr, "is", store.Facet{Value: "removed", Items: removed.Counted}); state.N > 0 && (state.On || !search.AsksRemoved(q.expr)) {
		state.AtLeast = !removed.Whole
		l.Facets = append(l.Facets, page.Facet{Title: "State", Values: []page.FacetValue{state}})
	}
	for _, part := range parts(q.expr) {
		if text, is := v.filter(part); is {
			l.On = append(l.On, page.Filter{Text: text, Without: searching(without(q.expr, part))})
		}
	}
	if _, ranks := search.RankingOf(q.expr); ranks {
		best, newest := q, q
		best.sort, newest.sort = "", "newest"
		l.Orders = []page.Choice{{Text: "Best match first", To: best.path(), On: q.sort == ""}, {Text: "Newest first", To: newest.path(), On: q.sort != ""}}
	}
}

// facetValue is one value; of one that is asked for already, the way back.
func (v *visit) facetValue(e search.Expr, field string, f store.Facet) page.FacetValue {
	one := search.Narrow(nil, field, f.Value)
	narrowed := search.Narrow(e, field, f.Value)
	out := page.FacetValue{Text: f.Value, N: f.Items, To: searching(narrowed)}
	if one != nil && slices.ContainsFunc(parts(e), func(p search.Expr) bool { return search.Same(p, one) }) {
		out.On, out.To = true, searching(without(e, one))
	}
	switch field {
	case "in":
		s := v.service(f.Value)
		out.Service, out.Text = &s, s.Title
	case "tag":
		out.Text = "#" + f.Value
	case "is":
		out.Icon, out.Text = "box", "taken back or gone"
	}
	return out
}

// parts are what all has to match.
func parts(e search.Expr) []search.Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case search.And:
		return e
	}
	return []search.Expr{e}
}

// without is an expression without one of its parts.
func without(e search.Expr, part search.Expr) search.Expr {
	rest := slices.DeleteFunc(slices.Clone(parts(e)), func(p search.Expr) bool { return search.Same(p, part) })
	switch len(rest) {
	case 0:
		return nil
	case 1:
		return rest[0]
	}
	return search.And(rest)
}

// filter is what a part reads as where it is a filter: a field, a time, or what is not
// to be so.
func (v *visit) filter(e search.Expr) (text string, is bool) {
	switch e := e.(type) {
	case search.Field, search.Time:
		return v.said(e).String(), true
	case search.Not:
		if _, is := v.filter(e.Expr); is {
			return v.said(e).String(), true
		}
	}
	return "", false
}

// tries are searches to try, as they are written: of each filter what most likes have, and
// what is there no more.
func tries(f store.Facets) []page.Link {
	var out []page.Link
	for _, t := range []struct {
		field  string
		values []store.Facet
	}{{"in", f.Services}, {"liked", f.Years}, {"lang", f.Languages}, {"tag", f.Tags}} {
		if len(t.values) > 1 {
			e := search.Narrow(nil, t.field, t.values[0].Value)
			out = append(out, page.Link{Text: e.String(), To: searching(e)})
		}
	}
	return append(out, page.Link{Text: "is:removed", To: page.SearchPath("is:removed")})
}
