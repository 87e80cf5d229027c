// Package github reads the repositories a user has starred.
//
// API: GET /user/starred with the media type star+json, which adds starred_at
// (docs.github.com/rest/activity/starring, version 2022-11-28; @octokit/openapi
// 23.0.2). 100 a page, numbered pages, sorted by the time of the star.
//
// How the list is walked. A backfill first reads the newest page, so that it can
// be searched after one request; its link "last" tells the number of pages N.
// Then it reads the same list oldest first, from page N back to page 1: when a
// star is taken back meanwhile, objects move towards pages that are still to be
// read, so they repeat and none is missed. A page past an end that has shrunk
// is empty, which is legal. Each ascending page is checked to be ascending; if
// it is not, the walk reads on newest first and Page.Doubt says so. A poll reads
// the newest page (a 304 is free of quota) and, where that is not enough,
// ascending pages from the last one back.
//
// Every place in the list is a number that this package writes itself
// ("asc:31:100": page 31 of pages of 100, oldest first). From a Link header only
// the number of the page is taken, after its origin was checked.
//
// What GitHub cannot show: a star that was taken back, and a repository that was
// deleted or made private, vanish alike. GET /user/starred/{owner}/{repo}
// answers 404 for all three, so a check can confirm a star and nothing else:
// 404 is connectors.Unsure.
//
// From memory, not seen in a document: which scopes a classic token needs, the
// text of the 403 for a missing permission, and that 401 is at times answered to
// good tokens is a report of other clients (tap-github).
package github

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const base = "https://api.github.com"

// New returns the connector of GitHub stars.
func New() connectors.Connector { return github{} }

type github struct{ Account }

func (github) Info() connectors.Info {
	return connectors.Info{
		Name:     "github",
		Provider: "github",
		Title:    "GitHub stars",
		Likes:    "stars",
		Docs:     "https://docs.github.com/rest/activity/starring",
		Connect: "Make a token at https://github.com/settings/personal-access-tokens/new with the account permission " +
			`"Starring: read", or a classic one at https://github.com/settings/tokens with the scope read:user (repo to see private repositories).`,
		Hosts: []string{"api.github.com"},
		Auth: Auth(
			connectors.Scope{Name: "read:user", Why: "the list of stars may be refused without it"},
			connectors.Scope{Name: "repo", Why: "stars of private repositories stay hidden without it", Optional: true},
		),
		PageSize:   100,
		Quotas:     []connectors.Quota{Core()},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		EmptyPages: 100, // past the end of a list that shrank while it was read: the numbers still go down to 1
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Tested:     connectors.RealReplies | connectors.ProviderDescription,
		Limits: []string{
			"A star that was taken back and a repository that was deleted or made private look the same.",
			"Stars of private repositories are shown only to a token that may read them.",
			"Lists of stars, the folders of GitHub's pages, are not in the API.",
		},
	}
}

// Auth is how a GitHub token is shown, with what it has to permit.
func Auth(scopes ...connectors.Scope) connectors.Auth {
	more := slices.DeleteFunc(beyond(), func(p connectors.Power) bool {
		return slices.ContainsFunc(scopes, func(s connectors.Scope) bool { return s.Name == p.Name && !s.Optional })
	})
	return connectors.Auth{Header: "Authorization", Prefix: "Bearer ", Scopes: scopes, Beyond: more}
}

// Core is the quota that all calls of an account share: 5,000 an hour, whatever
// the list and the token.
func Core() connectors.Quota {
	return connectors.Quota{
		Name: "core", Scope: connectors.PerAccount, Unit: "calls", N: 5000, Per: time.Hour,
		Report: connectors.Report{
			Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining",
			Used: "X-RateLimit-Used", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds,
		},
		Parallel: 1, Rate: 10, Burst: 10, // GitHub asks for serial calls and limits calls a minute apart from the quota
	}
}

func (github) Request(q connectors.Query) (connectors.Request, error) {
	at, err := parsePlace(q)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{
		"sort": {"created"}, "direction": {at.direction},
		"per_page": {strconv.Itoa(at.size)}, "page": {strconv.Itoa(at.page)},
	}
	return Request("/user/starred?"+v.Encode(), "application/vnd.github.star+json"), nil
}

// Request is a call of api.github.com for a media type.
func Request(path, accept string) connectors.Request {
	return connectors.Request{
		URL:    base + path,
		Header: http.Header{"Accept": {accept}, "X-Github-Api-Version": {"2022-11-28"}},
	}
}

func (g github) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := parsePlace(q)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := stars().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	if at.direction == ascending {
		err = g.oldestFirst(&page, q, r, at)
	} else {
		err = g.newestFirst(&page, q, r, at)
	}
	if err != nil {
		return connectors.Page{}, err
	}
	return page, nil
}

// Remap maps an object from quarantine as Parse does.
func (github) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return stars().One(raw)
}

func stars() connectors.Mapping[star] {
	return connectors.Mapping[star]{
		To: star.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "repo", "id") },
	}
}

// star is one element of the list.
type star struct {
	StarredAt string `json:"starred_at"`
	Repo      struct {
		ID          int64    `json:"id"`
		FullName    string   `json:"full_name"`
		HTMLURL     string   `json:"html_url"`
		Description string   `json:"description"`
		CreatedAt   string   `json:"created_at"`
		Language    string   `json:"language"`
		Topics      []string `json:"topics"`
		Private     bool     `json:"private"`
		Owner       struct { // absent for a deleted account
			Login     string `json:"login"`
			HTMLURL   string `json:"html_url"`
			AvatarURL string `json:"avatar_url"`
		} `json:"owner"`
	} `json:"repo"`
}

func (s star) item() (item.Item, error) {
	r, o := s.Repo, s.Repo.Owner
	it := item.Item{
		ID:        connectors.ID(r.ID),
		URL:       r.HTMLURL,
		Kind:      "repository",
		Title:     r.FullName,
		Text:      r.Description,
		Author:    item.Author{Name: o.Login, URL: o.HTMLURL, Avatar: o.AvatarURL},
		Tags:      r.Topics,
		Language:  r.Language,
		Private:   r.Private,
		CreatedAt: connectors.Time(r.CreatedAt),
		LikedAt:   connectors.Time(s.StarredAt),
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	} else if s.StarredAt != "" {
		return item.Item{}, fault.New(fault.Malformed, "starred_at is not a time")
	}
	return it, nil
}
