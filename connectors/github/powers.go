package github

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Account is what all lists of a GitHub account have in common: whose token it
// is, and what a refusal means. Their connectors embed it.
type Account struct{}

// Fault tells apart what GitHub answers with 401, 403, 404 and 429. It reads
// headers, the address of the documentation page that GitHub names and, for the
// secondary limit alone, GitHub's own English words, which its documents give as
// the way to know it.
func (Account) Fault(r connectors.Reply) error {
	e := fault.FromStatus("github", r.Status, r.Body)
	if e == nil {
		return nil
	}
	said := strings.ToLower(fault.Message(r.Body))
	var body struct {
		About string `json:"documentation_url"`
	}
	if connectors.Decode(r, &body) != nil {
		body.About = ""
	}
	about := strings.ToLower(body.About)
	switch r.Status {
	case http.StatusForbidden, http.StatusTooManyRequests:
		limited := r.Status == http.StatusTooManyRequests || r.Header.Get("X-RateLimit-Remaining") == "0" || r.Header.Get("Retry-After") != "" ||
			strings.Contains(about, "rate-limit") || strings.Contains(about, "abuse") || strings.Contains(said, "secondary rate limit")
		if limited {
			e.Kind, e.Whose, e.Next = fault.RateLimited, "github", "nothing: the collector waits and goes on"
			if r.Header.Get("X-RateLimit-Remaining") == "0" {
				e.Quota = "core"
			}
			return e
		}
		if needs := permission(r.Header); needs != "" {
			e.Reason += "; it needs " + needs
			e.Next = "give the token " + needs + ", then: collector connect github"
		}
	case http.StatusUnauthorized:
		e.Revoked = strings.Contains(said, "bad credentials")
	case http.StatusNotFound:
		e.Kind, e.Whose = fault.Forbidden, "you"
		e.Reason += "; GitHub hides in this way what a token may not read"
		e.Next = `give the token the account permission "Starring: read", then: collector connect github`
	}
	return e
}

// permission names what GitHub says that a token needs, "" where it does not:
// fine-grained tokens by X-Accepted-GitHub-Permissions, classic ones by
// X-Accepted-OAuth-Scopes.
func permission(h http.Header) string {
	if s := connectors.Line(h.Get("X-Accepted-GitHub-Permissions")); s != "" {
		return "the permission " + connectors.Cut(s, 200)
	}
	if s := connectors.Line(h.Get("X-Accepted-OAuth-Scopes")); s != "" {
		return "the scope " + connectors.Cut(s, 200)
	}
	return ""
}

// WhoAmI asks whose token it is.
func (Account) WhoAmI(connectors.Query) (connectors.Request, error) {
	return Request("/user", "application/vnd.github+json"), nil
}

// Identity reads the numeric id, which survives a rename, and the login. Scopes
// are told for classic tokens only.
func (Account) Identity(r connectors.Reply) (connectors.Identity, error) {
	var user struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
	}
	if err := connectors.Decode(r, &user); err != nil {
		return connectors.Identity{}, err
	}
	if user.ID <= 0 || user.Login == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "github did not say whose token this is")
	}
	who := connectors.Identity{ID: connectors.ID(user.ID), Name: user.Login}
	for s := range strings.SplitSeq(r.Header.Get("X-OAuth-Scopes"), ",") {
		if s = strings.TrimSpace(s); s != "" {
			who.Scopes = append(who.Scopes, s)
		}
	}
	return who, nil
}

// Check asks whether a repository is starred; its title is owner/name.
func (github) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	owner, name, ok := strings.Cut(it.Title, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") || strings.Trim(owner, ".") == "" || strings.Trim(name, ".") == "" {
		return connectors.Request{}, fault.New(fault.Bug, "github: the title of item %s is not owner/name", it.ID)
	}
	return Request("/user/starred/"+url.PathEscape(owner)+"/"+url.PathEscape(name), "application/vnd.github+json"), nil
}

// Liked reads 204 as liked. 404 is said of an unstarred, a deleted and a hidden
// repository alike, so it decides nothing.
func (g github) Liked(r connectors.Reply) (connectors.Presence, error) {
	switch r.Status {
	case http.StatusNoContent:
		return connectors.Liked, nil
	case http.StatusNotFound:
		return connectors.Unsure, nil
	}
	if err := g.Fault(r); err != nil {
		return connectors.Unsure, err
	}
	return connectors.Unsure, fault.New(fault.Malformed, "github answered a check with %d", r.Status)
}
