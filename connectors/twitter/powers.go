package twitter

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
)

// problem is an error of X: alone, or in the list "errors" of a reply.
type problem struct {
	Type string `json:"type"` // ".../2/problems/usage-capped"
}

// kind is the last word of its type.
func (p problem) kind() string { return p.Type[strings.LastIndexByte(p.Type, '/')+1:] }

// Fault reads the type of a problem, which is a fixed word. Errors beside posts are
// about what was asked for with them, such as an author who is suspended; a 200 with
// errors and no posts is the error.
func (t twitter) Fault(r connectors.Reply) error {
	e := fault.FromStatus(t.name, r.Status, r.Body)
	if e == nil && (r.Status != http.StatusOK || bytes.Contains(r.Body, []byte(`"meta"`)) || !bytes.Contains(r.Body, []byte(`"errors"`))) {
		return nil
	}
	var body struct {
		problem
		Data   any       `json:"data"`
		Errors []problem `json:"errors"`
	}
	if connectors.Decode(r, &body) != nil {
		body.problem, body.Errors = problem{}, nil
	}
	if e == nil {
		if body.Data != nil || len(body.Errors) == 0 {
			return nil
		}
		e = fault.New(fault.Malformed, "x answered with an error in place of posts: %s", fault.Message(r.Body))
		e.Status, e.Whose, e.Next = r.Status, t.name, "report it with the output of collector explain"
	}
	what := body.kind()
	if what == "" && len(body.Errors) > 0 {
		what = body.Errors[0].kind()
	}
	switch {
	case what == "usage-capped":
		e.Kind, e.Whose, e.Next = fault.RateLimited, t.name, "nothing: the collector waits for the next month, or raise the cap at https://console.x.com"
		e.Until = nextMonth(r.Header)
	case what == "client-forbidden", what == "not-authorized-for-resource" && e.Kind == fault.Malformed:
		e.Kind, e.Whose = fault.Forbidden, "you"
		e.Next = "see at https://console.x.com that the application belongs to a project and has credits, then: collector connect " + t.name
	case r.Status == http.StatusPaymentRequired:
		e.Next = "buy credits at https://console.x.com, then: collector connect " + t.name
	case r.Status == http.StatusForbidden:
		e.Next = "let the application ask for the scopes " + t.scope + ", tweet.read and users.read, then: collector connect " + t.name
	}
	return e
}

// nextMonth is when a cap on a month's use ends, zero where the reply has no date.
func nextMonth(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// WhoAmI asks whose token it is, and how many likes there are.
func (twitter) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("/users/me?user.fields=public_metrics", price, "me", "budget"), nil
}

// Identity reads the id, which survives a change of the name. Only the number of
// likes is told, not that of bookmarks.
func (t twitter) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		Data struct {
			ID       string `json:"id"`
			Username string `json:"username"`
			Metrics  struct {
				Likes *int `json:"like_count"`
			} `json:"public_metrics"`
		} `json:"data"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.Data.ID == "" || me.Data.Username == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "x did not say whose token this is")
	}
	who := connectors.Identity{ID: me.Data.ID, Name: "@" + me.Data.Username}
	if n := me.Data.Metrics.Likes; n != nil && *n >= 0 && t.list == "liked_tweets" {
		who.Likes, who.Total = *n, true
	}
	return who, nil
}
