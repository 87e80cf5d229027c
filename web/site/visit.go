package site

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"collector/control"
	"collector/grant"
	"collector/web"
	"collector/web/page"
)

// mostForm is how many bytes a form has at most.
const mostForm = 64 << 10

// visit is one request while it is answered.
type visit struct {
	*site
	w      http.ResponseWriter
	r      *http.Request
	who    grant.Who // nobody (Kind "") where strangers are let in
	now    time.Time
	begun  bool // an answer is on its way
	topped bool // what stands above the content of a page is, which may still be any
}

// handler answers one route. Whoever is not signed in gets the door, under the address
// that was asked for, so that reading the page again after the sign-in leads there.
func (s *site) handler(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r, now: s.Now()}
		defer v.rescue()
		if err := v.answer(to); err != nil {
			v.problem(err)
		}
	})
}

// rescue has a panic answered by a page, as every other mistake of ours. An answer that has
// begun cannot be taken back: it is cut off.
func (v *visit) rescue() {
	p := recover()
	if p == nil {
		return
	}
	err := fmt.Errorf("a panic: %v\n%s", p, debug.Stack())
	if !v.begun {
		v.problem(err)
		return
	}
	web.Note(v.ctx(), err)
	web.CutOff(v.w)
}

func (v *visit) answer(to route) error {
	who, err := v.Identify.Ask(v.r)
	switch {
	case errors.Is(err, grant.ErrTooMany):
		return v.slow()
	case err != nil && !errors.Is(err, web.ErrSignIn):
		return err
	case err == nil:
		v.who = who
	}
	if to.needs != "" && v.who.Kind == "" || v.r.Method == http.MethodGet && v.r.URL.Path == "/" && v.r.URL.Query().Get("login") != "" {
		return v.closed()
	}
	if to.needs != "" && !v.who.May(to.needs) {
		return mayNot(to.needs)
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostForm)
	if err := v.r.ParseForm(); err != nil {
		return &control.Problem{Kind: control.Wrong, Whose: "you", Reason: "the form cannot be read", Next: "go back and send it again", Err: err}
	}
	if to.needs != "" {
		if err := v.here(); err != nil {
			return err
		}
	}
	return to.serve(v)
}

// mayNot is what somebody is told who has not got a scope.
func mayNot(s grant.Scope) error {
	return &control.Problem{
		Kind: control.Forbidden, Whose: "you", Reason: "you may look here, and not do this",
		Next: fmt.Sprintf("sign in with a link that has the scope %s: collector login-link", s),
	}
}

// here notes that a user is there. A store that cannot be written is read all the same.
func (v *visit) here() error {
	if err := v.Panel.Here(v.ctx(), v.who.User, v.now); err != nil && control.ProblemOf(err).Kind != control.Unavailable {
		return err
	}
	return nil
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// whose is the user whose things every question to the store is about: "" for those of
// all users, which only the operator sees.
func (v *visit) whose() string { return v.who.User }

// person is the user whose sign-ins are meant: of the operator the one who is meant where no
// user is named.
func (v *visit) person() string {
	if v.who.User == "" {
		return control.Someone
	}
	return v.who.User
}

// keeper is the user whose what is kept by a page is, searches and feeds. Of the operator it is
// the only one who has lists, so that a feed holds what the page shows; else it is person.
func (v *visit) keeper() (string, error) {
	if v.who.User != "" {
		return v.who.User, nil
	}
	only, err := v.Panel.OnlyUser(v.ctx())
	return cmp.Or(only, v.person()), err
}

// begin sends what stands above the content of a page, so that a browser has what to load and
// to draw while the content is looked for. An error that comes later is drawn as the content,
// under the status 200. Who goes by the status gets all at once: scripts and other programs, which
// do not name HTML as what they take, as a browser does that follows a link.
func (v *visit) begin(view page.View) error {
	if v.r.Method != http.MethodGet || !browses(v.r) {
		return nil
	}
	var top bytes.Buffer
	if err := v.draw.Top(&top, view); err != nil {
		return err
	}
	page.Headers(v.w.Header())
	v.w.WriteHeader(http.StatusOK)
	v.topped = true
	_, _ = top.WriteTo(v.w)                     // who asked may be gone
	_ = http.NewResponseController(v.w).Flush() // where it cannot be, all comes at once
	return nil
}

// show draws a page, or what is missing of one that was begun.
func (v *visit) show(status int, view page.View) error {
	draw := v.draw.Render
	if v.topped {
		draw = v.draw.Rest
	}
	err := draw(headed{v, status}, view)
	if v.begun {
		return nil // it was drawn, and who asked may be gone
	}
	return err
}

// headed gives a page its head once it is drawn: what cannot be drawn has none.
type headed struct {
	*visit
	status int
}

func (a headed) Write(p []byte) (int, error) {
	if !a.begun {
		a.begun = true
		if !a.topped {
			page.Headers(a.w.Header())
			a.w.WriteHeader(a.status)
		}
	}
	return a.w.Write(p)
}
