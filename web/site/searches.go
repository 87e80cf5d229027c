package site

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"unicode/utf8"

	plain "collector/control/words"
	"collector/grant"
	"collector/search"
	"collector/search/saved"
	"collector/web/page"
)

// searches keeps searches under names, and forgets them.
func (s *site) searches() []route {
	return []route{{"POST /searches", grant.Write, (*visit).changeSearches}}
}

// searchAddress is where the form of a saved search is posted to.
func searchAddress(name string) page.Path {
	return page.Path("/searches?name=" + url.QueryEscape(name))
}

func (v *visit) changeSearches() error {
	switch page.Deed(v.r.PostFormValue("do")) {
	case page.Save:
		return v.saveSearch(v.r.PostFormValue("q"), v.r.FormValue("name"))
	case page.Delete:
		return v.forgetSearch(v.r.FormValue("name"))
	}
	return wrong("use the buttons of the page", "it is not said what to do with the search")
}

// saveSearch keeps a query under a name; without one it is called as it reads.
func (v *visit) saveSearch(query, name string) error {
	user, err := v.keeper()
	if err != nil {
		return err
	}
	if name == "" {
		list, err := saved.List(v.ctx(), v.Panel.Store, user)
		if err != nil {
			return err
		}
		name = free(list, query)
	}
	err = saved.Save(v.ctx(), v.Panel.Store, user, saved.Search{Name: name, Query: query}, v.now)
	switch {
	case errors.Is(err, saved.ErrName), errors.Is(err, saved.ErrText), errors.Is(err, saved.ErrMany):
		return wrong("go back and change it", err.Error())
	case err != nil:
		return err
	}
	under := "“" + plain.Line(name) + "”"
	if of := v.of(user); of != "" {
		under += " " + of
	}
	return v.leadOn(page.SearchPath(query), done("The search is saved under "+under+"."))
}

// free is a name for a query that no other one of the list has.
func free(list []saved.Search, query string) string {
	base := plain.Line(query)
	if base == "" {
		base = "All likes"
	}
	for i := 1; ; i++ {
		end := ""
		if i > 1 {
			end = fmt.Sprintf(" (%d)", i)
		}
		name := plain.Short(base, saved.NameMost-utf8.RuneCountInString(end)) + end
		taken := func(s saved.Search) bool {
			return search.Fold(s.Name) == search.Fold(name) && s.Query != query
		}
		if !slices.ContainsFunc(list, taken) {
			return name
		}
	}
}

func (v *visit) forgetSearch(name string) error {
	user, err := v.keeper()
	if err != nil {
		return err
	}
	s, err := saved.Get(v.ctx(), v.Panel.Store, user, name)
	if err == nil {
		err = saved.Remove(v.ctx(), v.Panel.Store, user, name)
	}
	switch {
	case errors.Is(err, saved.ErrNone): // it was forgotten already, here or elsewhere
		return v.leadOn(v.back(), done("This search is not saved any more."))
	case err != nil:
		return err
	}
	to := page.SearchPath(s.Query)
	if v.r.FormValue("back") != "" {
		to = v.back()
	}
	return v.leadOn(to, done("The search “"+plain.Line(s.Name)+"” is not saved any more. What it finds stays."))
}
