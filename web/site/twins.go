package site

import (
	"net/http"
	"net/url"
	"strings"

	"collector/control"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/web"
	"collector/web/page"
)

// dotJSON is what the address of a list has more where it is answered as JSON.
const dotJSON = ".json"

// twin is the list of a page as JSON: the operation of the API that answers it, and what of the
// page's address it is asked otherwise.
type twin struct {
	at   string // address
	asks string // path of the operation
	turn func(*visit, url.Values) error
}

// twins are the lists of pages as JSON. There is no second format: each is answered by an operation of the API.
func twins() []twin {
	return []twin{
		{"/likes.json", "/api/search", drop("trail", "at")},
		{"/accounts.json", "/api/status", nil},
		{"/connect.json", "/api/connectors", nil},
		{"/activity.json", "/api/activity", called("account", "network")},
		{"/workers.json", "/api/top", nil},
		{"/jobs.json", "/api/jobs", nil},
		{"/settings/searches.json", "/api/searches", (*visit).ofKeeper},
		{"/settings/tokens.json", "/api/tokens", nil},
		{"/settings/feeds.json", "/api/feeds", nil},
		{"/settings/webhooks.json", "/api/webhooks", nil},
		{"/settings/config.json", "/api/config", nil},
	}
}

// drop leaves out what is of the page alone.
func drop(names ...string) func(*visit, url.Values) error {
	return func(_ *visit, q url.Values) error {
		for _, name := range names {
			q.Del(name)
		}
		return nil
	}
}

// called gives a parameter of the page the name that it has in the API.
func called(page, api string) func(*visit, url.Values) error {
	return func(_ *visit, q url.Values) error {
		if have, ok := q[page]; ok {
			q[api] = have
			q.Del(page)
		}
		return nil
	}
}

// ofKeeper asks for the searches that the settings show: of the operator those of the only user.
func (v *visit) ofKeeper(q url.Values) error {
	if q.Get("user") != "" {
		return nil
	}
	user, err := v.keeper()
	q.Set("user", user)
	return err
}

// offerTwins adds the twins to the pages, where there is an API.
func (s *site) offerTwins(mux *http.ServeMux) {
	if s.API == nil {
		return
	}
	for _, t := range twins() {
		mux.Handle("GET "+t.at, web.Known(s.Identify, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.mirror(t, w, r) })))
	}
}

// mirror has the API answer a twin to somebody who is known.
func (s *site) mirror(t twin, w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.hand(w, r, t.asks, r.URL.RawQuery) // the API says what is wrong with it
		return
	}
	for name, have := range q {
		if strings.Join(have, "") == "" { // a form sends what nobody filled in
			q.Del(name)
		}
	}
	if t.turn != nil {
		who, _ := grant.From(r.Context())
		v := &visit{site: s, w: w, r: r, who: who, now: s.Now()}
		if err := t.turn(v, q); err != nil {
			v.unanswered(err)
			return
		}
	}
	s.hand(w, r, t.asks, q.Encode())
}

// hand has the API answer a request under the address of one of its operations.
func (s *site) hand(w http.ResponseWriter, r *http.Request, path, query string) {
	asked := r.Clone(r.Context())
	asked.URL.Path, asked.URL.RawPath, asked.URL.RawQuery = path, "", query
	s.API.ServeHTTP(w, asked)
}

// unanswered is an error as JSON.
func (v *visit) unanswered(err error) {
	p := web.ProblemFor(v.who, err)
	p.Detail, p.Next = v.scrubbed(p.Detail), v.scrubbed(p.Next)
	web.Note(v.ctx(), err)
	web.WriteProblem(v.w, v.r, p)
}

// listOrTwin answers with the page of one list, and under its address with .json with the list as JSON.
// A list whose own name ends so has its page there: nobody's page is hidden by another's twin.
func (s *site) listOrTwin(list http.Handler) http.Handler {
	if s.API == nil {
		return list
	}
	either := web.Known(s.Identify, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := grant.From(r.Context())
		v := &visit{site: s, w: w, r: r, who: who, now: s.Now()}
		user, name := who.User, r.PathValue("service")+"/"+r.PathValue("account")
		if user == "" {
			user = r.URL.Query().Get("user")
		}
		var named []state.Network
		var err error
		if who.May(grant.Read) { // who may not look is told so, and nothing is looked for
			named, err = control.Called(v.ctx(), s.Panel.Store, store.Filter{User: user}, name)
		}
		switch {
		case err != nil:
			v.unanswered(err)
		case len(named) > 0:
			list.ServeHTTP(w, r)
		default:
			s.mirror(twin{asks: "/api/explain", turn: func(_ *visit, q url.Values) error {
				q.Set("network", strings.TrimSuffix(name, dotJSON))
				return nil
			}}, w, r)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.PathValue("account"), dotJSON):
			list.ServeHTTP(w, r)
		case browses(r): // it may be a page that is asked for, so who is not signed in gets the door
			if _, err := s.Identify.Ask(r); err != nil {
				list.ServeHTTP(w, r)
				return
			}
			either.ServeHTTP(w, r)
		default:
			either.ServeHTTP(w, r)
		}
	})
}

// browses says that who asks is a browser that follows a link: scripts and other programs do not
// name HTML as what they take.
func browses(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// as says where the list of a page is as JSON, with what the page was asked; of several the title
// tells them apart. Nothing where there is no API.
func (v *visit) as(at page.Path, title string, of url.Values) []page.Twin {
	if v.API == nil {
		return nil
	}
	for name := range of {
		if of.Get(name) == "" {
			of.Del(name)
		}
	}
	if len(of) > 0 {
		at += page.Path("?" + of.Encode())
	}
	return []page.Twin{{To: at, Title: title}}
}
