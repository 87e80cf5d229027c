// Package gitea reads the repositories a user has starred on a Gitea server, or on
// one that speaks its API: Forgejo, Codeberg.
//
// API: GET /api/v1/user/starred (docs.gitea.com/api, and what a Gitea 1.26.0
// answered that was run to see it). Numbered pages, 50 at most: a larger limit is
// cut without a word. Forgejo and Codeberg are taken to be alike from memory.
//
// How the list is walked. The query behind it states no order; the server seen
// gave repositories by their number, and a star given again moved nothing. So a new
// star may stand on any page, and every poll reads all of them. The walk ends where
// no link says "next": a page past the end is empty and calls a wrong page "prev".
// From a link only the page's number is taken: a server writes the name that it was
// configured with into links, which is often not the one that it is reached by.
//
// One star taken back between two pages hides exactly one repository from that
// walk, which moves to a page that was read already; a later walk finds it. The
// length of the list (X-Total-Count) stands in the cursor: where it shrank between
// two pages, Page.Doubt says so. One taken back and one given between the same two
// pages cancel out and are not seen in it.
//
// Repositories are told apart by their number, which survives a rename. Numbers of
// two servers collide, so each server's stars are a network of their own.
//
// GET /api/v1/user/starred/{owner}/{repo} answers 204 for a starred repository, and
// 404 both for one that is not and for one that is gone or hidden, so it confirms
// a star and decides nothing else. An old name answers by a redirect.
//
// A token needs read:user and read:repository: without one the server answers 403
// and names it. There are neither rate-limit headers nor ETags.
package gitea

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// New returns the connector of stars on Gitea servers.
func New() connectors.Connector { return gitea{} }

type gitea struct{}

func (gitea) Info() connectors.Info {
	return connectors.Info{
		Name:     "gitea",
		Tested:   connectors.RealReplies,
		Provider: "gitea",
		Title:    "Gitea, Forgejo and Codeberg stars",
		Likes:    "stars",
		Docs:     "https://docs.gitea.com/api/1.26",
		Connect:  "Make a token on your server under Settings, Applications (https://your.server/user/settings/applications), with the permissions user: read and repository: read.",
		Servers:  true,
		Auth: connectors.Auth{
			Header: "Authorization", Prefix: "token ",
			Scopes: []connectors.Scope{
				{Name: "read:user", Why: "the list of stars and your name are refused without it"},
				{Name: "read:repository", Why: "the list of stars is refused without it"},
			},
		},
		PageSize: 50,
		Quotas: []connectors.Quota{{ // a guess: Gitea documents no limit, its administrators set some
			Name: "server", Scope: connectors.PerHost, Unit: "calls", N: 600, Per: 5 * time.Minute, Rolling: true, Rate: 4, Burst: 4, Parallel: 2,
		}},
		Order:   connectors.Unordered,
		Poll:    connectors.PollSweep,
		PollMin: 15 * time.Minute,
		PollMax: 12 * time.Hour,
		Limits: []string{
			"A Gitea server does not say when a repository was starred.",
			"The order of the list is not documented, so every poll reads all of it.",
			"A star that was taken back and a repository that was deleted or made private look the same.",
			"A server below a path (https://host/git) cannot be named.",
		},
	}
}

func (g gitea) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PageOf(g.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{"limit": {strconv.Itoa(at.Size)}, "page": {strconv.Itoa(at.Page)}}
	return request(q, "/user/starred?"+v.Encode())
}

func request(q connectors.Query, path string) (connectors.Request, error) {
	if q.Server == "" {
		return connectors.Request{}, fault.New(fault.Bug, "gitea: the account has no server")
	}
	return connectors.Request{URL: q.Server + "/api/v1" + path, Header: http.Header{"Accept": {"application/json"}}}, nil
}

func (g gitea) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PageOf(g.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := repositories().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	if n, err := strconv.Atoi(r.Header.Get("X-Total-Count")); err == nil && n > 0 {
		page.Total = n
		page.Pages = (n + at.Size - 1) / at.Size
	}
	if at.Total > 0 && page.Total < at.Total {
		page.Doubt = fmt.Sprintf("the list went from %d to %d stars while it was read, which can hide others", at.Total, page.Total)
	}
	next, goesOn, err := nextPage(r)
	switch {
	case err != nil:
		return connectors.Page{}, err
	case !goesOn:
		return page, nil
	case next != strconv.Itoa(at.Page+1):
		return connectors.Page{}, fault.New(fault.Malformed, "the server's next link leads from page %d to page %q", at.Page, next)
	}
	if len(page.Items)+len(page.Bad) == 0 {
		return connectors.Page{}, fault.New(fault.Malformed, "the server answered an empty page %d and says that more follow", at.Page)
	}
	page.Next = at.Next(page.Total)
	return page, nil
}

// nextPage is the number of the page that follows, as the Link header has it, and
// whether one follows.
func nextPage(r connectors.Reply) (number string, goesOn bool, err error) {
	links, err := connectors.Links(r.Header)
	if err != nil {
		return "", false, err
	}
	target, goesOn := links["next"]
	u, err := url.Parse(target)
	if err != nil {
		return "", false, fault.New(fault.Malformed, "the server's next link is not an address")
	}
	return u.Query().Get("page"), goesOn, nil
}

// Remap maps an object from quarantine as Parse does.
func (gitea) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return repositories().One(raw)
}

func repositories() connectors.Mapping[repository] {
	return connectors.Mapping[repository]{
		To: repository.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "id") },
	}
}

// repository is one element of the list.
type repository struct {
	ID          int64    `json:"id"`
	FullName    string   `json:"full_name"`
	HTMLURL     string   `json:"html_url"`
	Description string   `json:"description"`
	CreatedAt   string   `json:"created_at"`
	Language    string   `json:"language"`
	Topics      []string `json:"topics"` // null where there are none
	Private     bool     `json:"private"`
	Internal    bool     `json:"internal"` // to be seen by who has signed in
	Owner       struct {
		Login     string `json:"login"`
		HTMLURL   string `json:"html_url"`
		AvatarURL string `json:"avatar_url"`
	} `json:"owner"`
}

func (r repository) item() (item.Item, error) {
	return item.Item{
		ID:        connectors.ID(r.ID),
		URL:       r.HTMLURL,
		Kind:      "repository",
		Title:     r.FullName,
		Text:      r.Description,
		Author:    item.Author{Name: r.Owner.Login, URL: r.Owner.HTMLURL, Avatar: r.Owner.AvatarURL},
		Tags:      r.Topics,
		Language:  r.Language,
		Private:   r.Private || r.Internal,
		CreatedAt: connectors.Time(r.CreatedAt),
	}, nil
}
