package site

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"collector/control"
	"collector/web"
	"collector/web/page"
	"collector/web/page/words"
)

// errNowhere says that there is no such page.
var errNowhere = errors.New("there is no such page")

// problem draws the page of an error. Of our own mistakes it tells nothing but the number
// under which the log has the request.
func (v *visit) problem(err error) {
	p := page.Problem{Next: []page.Link{{Text: "Go to my likes", To: "/"}}}
	large := new(http.MaxBytesError)
	switch {
	case errors.Is(err, errNowhere):
		p.Status, p.What = http.StatusNotFound, "There is no such page"
		p.Why = words.Plain("The address may be old, or what was here was removed. Nothing is broken.")
	case errors.As(err, &large):
		p.Status, p.What = http.StatusRequestEntityTooLarge, "This is too much at once"
		p.Why = words.Plain("A form has at most " + words.Size(mostForm) + ". Go back and send less.")
	default:
		told := web.ProblemFor(v.who, err)
		if errors.Is(err, control.ErrSeveralUsers) { // a page has no flags
			told.Next = "choose one of them on the page Accounts"
			p.Next = append([]page.Link{{Text: "Go to the accounts", To: "/accounts"}}, p.Next...)
		}
		told.Detail, told.Next = v.scrubbed(told.Detail), v.scrubbed(told.Next)
		p.Status, p.What = told.Status, whats[told.Status]
		p.Why = words.Plain(words.First(told.Detail) + ". ").And(words.Plain("What to do: " + told.Next + "."))
		if told.Status == http.StatusInternalServerError {
			p.Why = words.Plain("This page could not be drawn. Collecting goes on, and nothing was lost. The log has what happened.")
		}
		if told.Status >= http.StatusInternalServerError {
			p.Code = web.RequestID(v.ctx())
			if v.topped { // the line of the request has the status that went out
				level := slog.LevelError
				if told.Status == http.StatusServiceUnavailable && web.Abandoned(v.ctx(), err) {
					level = slog.LevelDebug
				}
				v.Log.Log(v.ctx(), level, "a page that had begun could not be finished", "request", p.Code, "err", err)
			} else {
				web.Note(v.ctx(), err)
			}
			p.Next = append([]page.Link{{Text: "Try again", To: v.again()}}, p.Next...)
		}
		maps.Copy(v.w.Header(), told.GetHeaders())
	}
	p.Frame = v.bare(p.What)
	if v.who.Kind != "" { // the store may be what failed, so nothing is asked of it
		p.Frame = v.around(p.What, page.Elsewhere, counters{})
	}
	if err := v.show(p.Status, p); err != nil {
		web.Note(v.ctx(), err)
	}
}

// unread is why a part of a page could not be read, for the place where it would stand.
func (v *visit) unread(what string, err error) *page.Note {
	told := web.ProblemFor(v.who, err)
	told.Detail, told.Next = v.scrubbed(told.Detail), v.scrubbed(told.Next)
	if told.Status >= http.StatusInternalServerError {
		v.Log.WarnContext(v.ctx(), "a part of a page could not be read", "request", web.RequestID(v.ctx()), "part", what, "err", err)
	}
	return &page.Note{
		Tone: page.Bad, Icon: "alert", What: words.Plain(what + " could not be read: " + strings.TrimSuffix(told.Detail, ".") + "."),
		Whose: "What to do: " + strings.TrimSuffix(told.Next, ".") + ".",
	}
}

// whats are the headings of problems.
var whats = map[int]string{
	http.StatusUnprocessableEntity: "This makes no sense to us",
	http.StatusNotFound:            "There is no such thing",
	http.StatusForbidden:           "This is not yours to do",
	http.StatusGone:                "This is no longer kept",
	http.StatusConflict:            "This cannot be done now",
	http.StatusTooManyRequests:     "This is too much at once",
	http.StatusServiceUnavailable:  "The store does not answer now",
	http.StatusInternalServerError: "We made a mistake",
}

// again is the address that a page is read at once more: after a form its page is not known.
func (v *visit) again() page.Path {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return page.Path(v.r.URL.RequestURI())
	}
	return "/"
}

// wrong is something that whoever asked can put right.
func wrong(next, reason string) error {
	return &control.Problem{Kind: control.Wrong, Whose: "you", Reason: reason, Next: next}
}

// leadOn answers a form: to a page, with a note that it shows once.
func (v *visit) leadOn(to page.Path, note page.Note) error {
	v.tell(note)
	v.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(v.w, v.r, string(to), http.StatusSeeOther)
	return nil
}

// back is where a form says that it came from, if that is here: nobody else's form or link
// decides where a browser goes. Otherwise it is "/".
func (v *visit) back() page.Path { return own(v.r.FormValue("back")) }

func own(address string) page.Path {
	u, err := url.Parse(address)
	leaves := err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//")
	if leaves || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return page.Path(address)
}
