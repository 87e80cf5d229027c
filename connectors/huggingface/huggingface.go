// Package huggingface reads the models, datasets, spaces and kernels a user has
// liked at Hugging Face.
//
// API: GET /api/users/{name}/likes, as the huggingface_hub library reads it
// (huggingface.co/docs/huggingface_hub, list_liked_repos): objects of a time and a
// repository, and a Link header that names the page which follows. Likes are
// public; the token tells whose they are and raises the limit from 500 to 1,000
// calls in five minutes.
//
// How the list is walked. By the "next" links, kept as path and query, until there
// is none. That the newest like comes first is known from memory only, so each page
// is held to it: one that is not in that order sets Page.Doubt, and a sweep follows.
//
// The address of the list wants the account's name, and the number that Hugging
// Face keeps of an account is not known to serve there. So the name is the
// account's id: one that is renamed has to be connected again.
//
// The list gives of a repository its name and kind, nothing else, and there is no
// call that asks about a single like.
//
// From memory, not seen in a document: the order of the list, the addresses of
// kernels, and the shape of whoami-v2.
package huggingface

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const base = "https://huggingface.co"

// New returns the connector of Hugging Face likes.
func New() connectors.Connector { return huggingface{} }

type huggingface struct{}

func (huggingface) Info() connectors.Info {
	return connectors.Info{
		Name:     "huggingface",
		Provider: "huggingface",
		Title:    "Hugging Face likes",
		Likes:    "likes",
		Docs:     "https://huggingface.co/docs/huggingface_hub/package_reference/hf_api#huggingface_hub.HfApi.list_liked_repos",
		Connect:  "Make a token of the type Read at https://huggingface.co/settings/tokens.",
		Hosts:    []string{"huggingface.co"},
		Auth: connectors.Auth{
			Header: "Authorization", Prefix: "Bearer ",
			Scopes: []connectors.Scope{{Name: "read", Why: "whose token it is is told to no other"}},
			Beyond: []connectors.Power{{Name: "write", May: "write to your models, datasets and spaces", Covers: []string{"read"}}},
		},
		PageSize: 100, // a guess: the service decides how long its pages are
		Quotas: []connectors.Quota{{
			Name: "api", Scope: connectors.PerAccount, Unit: "calls", N: 1000, Per: 5 * time.Minute,
			Report:   connectors.Report{Limit: "RateLimit-Policy;q", Remaining: "RateLimit;r", Reset: "RateLimit;t", Unit: connectors.SecondsToGo},
			Parallel: 1, Rate: 5, Burst: 5,
		}},
		Order:   connectors.ByLikeTime,
		Poll:    connectors.PollNewest,
		PollMin: 5 * time.Minute,
		PollMax: 6 * time.Hour,
		Limits: []string{
			"Of a liked repository only its name and kind are told.",
			"A like that was taken back and a repository that was deleted or made private look the same.",
			"An account that is renamed has to be connected again.",
		},
	}
}

func (huggingface) Request(q connectors.Query) (connectors.Request, error) {
	at := q.Cursor
	if at == "" {
		if q.Account.ID == "" {
			return connectors.Request{}, fault.New(fault.Bug, "huggingface: the account has no name")
		}
		at = connectors.Cursor("/api/users/" + url.PathEscape(q.Account.ID) + "/likes")
	}
	address, err := connectors.Address(base, at)
	if err != nil {
		return connectors.Request{}, err
	}
	return connectors.Request{URL: address, Header: http.Header{"Accept": {"application/json"}}}, nil
}

func (h huggingface) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var page connectors.Page
	if err := likes().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	var err error
	if page.Next, err = connectors.Follow(h.Info(), q, r, "next"); err != nil {
		return connectors.Page{}, err
	}
	if !connectors.Ordered(page.Items, true) {
		page.Doubt = "Hugging Face did not list the likes newest first, so a poll may miss some"
	}
	return page, nil
}

// Remap maps an object from quarantine as Parse does.
func (huggingface) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return likes().One(raw)
}

// WhoAmI asks whose token it is.
func (huggingface) WhoAmI(connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: base + "/api/whoami-v2", Header: http.Header{"Accept": {"application/json"}}}, nil
}

// Identity reads the account's name, and the token's role where that is one of the old kind:
// what a fine-grained one may do is not told in a word.
func (huggingface) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		Name string `json:"name"`
		Auth struct {
			Token struct {
				Role string `json:"role"`
			} `json:"accessToken"`
		} `json:"auth"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.Name == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "Hugging Face did not say whose token this is")
	}
	who := connectors.Identity{ID: me.Name, Name: me.Name}
	if role := me.Auth.Token.Role; role == "read" || role == "write" {
		who.Scopes = []string{role}
	}
	return who, nil
}

func likes() connectors.Mapping[like] {
	return connectors.Mapping[like]{
		To: like.item,
		ID: func(raw json.RawMessage) string {
			kind, name := connectors.RawID(raw, "repo", "type"), connectors.RawID(raw, "repo", "name")
			if kind == "" || name == "" {
				return ""
			}
			return kind + "/" + name
		},
		Most: 10_000, // how long a page may be is not documented
	}
}

// like is one element of the list.
type like struct {
	CreatedAt string `json:"createdAt"`
	Repo      struct {
		Name string `json:"name"` // owner/name, or a name alone for the oldest models
		Type string `json:"type"`
	} `json:"repo"`
}

// item has the kind in its id, since a model and a dataset may have one name. A
// kind whose pages are not known is kept in quarantine.
func (l like) item() (item.Item, error) {
	folder := map[string]string{"model": "/", "dataset": "/datasets/", "space": "/spaces/", "kernel": "/kernels/"}[l.Repo.Type]
	if folder == "" || l.Repo.Name == "" {
		return item.Item{}, fault.New(fault.Malformed, "a repository of the kind %q", connectors.Cut(l.Repo.Type, 40))
	}
	it := item.Item{
		ID:      l.Repo.Type + "/" + l.Repo.Name,
		URL:     base + folder + l.Repo.Name,
		Kind:    l.Repo.Type,
		Title:   l.Repo.Name,
		LikedAt: connectors.Time(l.CreatedAt),
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	} else if l.CreatedAt != "" {
		return item.Item{}, fault.New(fault.Malformed, "createdAt is not a time")
	}
	return it, nil
}
