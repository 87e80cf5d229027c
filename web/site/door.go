package site

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// door lets people in and out.
func (s *site) door() []route {
	return []route{
		{"GET /login", "", (*visit).closed},
		{"POST /login", "", (*visit).enter},
		{"POST /logout", "", (*visit).leave},
	}
}

// stand draws what is before the sign-in.
func (v *visit) stand(status int, d page.Door) error {
	d.Frame = v.bare(d.Heading())
	return v.show(status, d)
}

// closed is where nobody is signed in, or a link was opened. A link is used up by the
// button alone, since programs that look at links, to preview them, press none.
func (v *visit) closed() error {
	q := v.r.URL.Query()
	if link := q.Get("login"); link != "" {
		return v.stand(http.StatusOK, page.Door{Kind: page.Enter, Token: link, Back: own(q.Get("back"))})
	}
	if v.who.Kind != "" && v.r.URL.Path == "/login" { // whoever is in needs no door
		http.Redirect(v.w, v.r, string(own(q.Get("back"))), http.StatusSeeOther)
		return nil
	}
	v.w.Header().Set("WWW-Authenticate", `Bearer realm="collector"`)
	return v.stand(http.StatusUnauthorized, page.Door{Kind: page.NoSession})
}

// enter uses a link up.
func (v *visit) enter() error {
	link := strings.TrimSpace(v.r.PostFormValue("login"))
	secret, session, err := v.Grants.Enter(v.ctx(), v.now, v.From(v.r), link, browser(v.r.UserAgent()))
	switch {
	case errors.Is(err, grant.ErrTooMany):
		return v.slow()
	case errors.Is(err, grant.ErrVoid):
		return v.stand(http.StatusForbidden, page.Door{Kind: page.VoidLink})
	case err != nil:
		return fmt.Errorf("signing in: %w", err)
	}
	v.end() // the session that this browser had
	grant.SetSession(v.w, v.Secure(v.r), secret, session.ExpiresAt)
	http.Redirect(v.w, v.r, string(v.back()), http.StatusSeeOther)
	return nil
}

// slow is where somebody tried too often.
func (v *visit) slow() error {
	v.w.Header().Set("Retry-After", strconv.Itoa(int(grant.TryAgain.Seconds())))
	return v.stand(http.StatusTooManyRequests, page.Door{Kind: page.Slow, Wait: words.Will(v.now.Add(grant.TryAgain), v.now)})
}

// leave signs out.
func (v *visit) leave() error {
	if v.who.Kind == grant.Local {
		return v.leadOn("/", page.Note{Icon: "key", What: words.Plain("Nobody has to sign in here, so nobody can sign out.")})
	}
	v.end()
	grant.EndSession(v.w, v.Secure(v.r))
	return v.stand(http.StatusOK, page.Door{Kind: page.SignedOut})
}

// end revokes the session that a browser shows. One that cannot be ended now ends by
// itself; the browser forgets it all the same.
func (v *visit) end() {
	if v.who.Kind != grant.Session {
		return
	}
	if _, err := v.Grants.Revoke(v.ctx(), v.who, v.who.ID); err != nil && !errors.Is(err, grant.ErrUnknown) {
		v.Log.Warn("a session could not be ended: it ends by itself, or by collector tokens revoke", "id", v.who.ID, "err", err)
	}
}

// browser is what people know a browser by: "Firefox on Linux". What it sends is long, and
// its order matters: each names those before it that it wants to be taken for.
func browser(agent string) string {
	find := func(in ...[2]string) string {
		for _, known := range in {
			if strings.Contains(agent, known[0]) {
				return known[1]
			}
		}
		return ""
	}
	name := find([2]string{"Firefox/", "Firefox"}, [2]string{"Edg", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	on := find([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case name == "":
		return "A browser"
	case on == "":
		return name
	}
	return name + " on " + on
}
