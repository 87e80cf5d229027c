// Package gitlab reads the projects that a user has starred at gitlab.com or at
// another GitLab server.
//
// API: GET /api/v4/projects?starred=true (docs.gitlab.com/api/projects, and for the
// paging docs.gitlab.com/api/rest). GET /users/:id/starred_projects gives the same
// projects, has a twentieth of the quota, and cannot be narrowed by numbers.
//
// How the list is walked. Neither call tells when a star was given, nor sorts by
// it, so a new star may stand anywhere and every poll reads all of them. They are
// read in order of the projects' numbers, each page from the last number of the page
// before (id_after). A star taken back between two pages then hides nothing, as it
// does where pages are counted, and one given meanwhile to a project whose number is
// behind the walk is in the next poll. The walk ends at a page that is not full and
// names no next one; a full page without a link is followed all the same, since
// proxies are known to drop headers. Of the links nothing else is used: a server
// writes the name that it was configured with into them, which is often not the one
// that it is reached by.
//
// Projects are told apart by their number, which survives a rename and a move.
// Numbers of two servers collide, so each server's stars are a network of their own.
//
// The same call narrowed to one number confirms a star. Where it gives nothing, the
// star may have been taken back, or the project deleted or hidden: that decides
// nothing.
//
// A token needs read_api. It is sent as a bearer token (RFC 6750), which the
// documents allow for personal tokens too, so one of an OAuth application will do.
//
// From memory, not seen in a document: what an error says beside its status, and
// that the number filter of a single project is as quick as it should be.
package gitlab

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const standard = "https://gitlab.com"

// New returns the connector of stars on GitLab servers.
func New() connectors.Connector { return gitlab{} }

type gitlab struct{}

func (gitlab) Info() connectors.Info {
	return connectors.Info{
		Name:     "gitlab",
		Provider: "gitlab",
		Title:    "GitLab stars",
		Likes:    "stars",
		Docs:     "https://docs.gitlab.com/api/projects/#list-all-projects",
		Connect:  "Make a personal access token with the scope read_api at https://gitlab.com/-/user_settings/personal_access_tokens, or at the same place of your server. GitLab lets it live a year at most.",
		Server:   standard,
		Servers:  true,
		Auth: connectors.Auth{
			Header: "Authorization", Prefix: "Bearer ",
			Scopes: []connectors.Scope{{Name: "read_api", Why: "the list of stars and your name are refused without it"}},
			Beyond: beyond(),
		},
		PageSize: 100,
		Quotas: []connectors.Quota{
			{
				Name: "api", Scope: connectors.PerAccount, Unit: "calls", N: 2000, Per: time.Minute, Rate: 2, Burst: 4, Parallel: 1,
				Report: connectors.Report{Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset"},
			},
			{Name: "projects", Scope: connectors.PerAccount, Unit: "calls", N: 2000, Per: 10 * time.Minute, Rolling: true},
		},
		Order:   connectors.Unordered,
		Poll:    connectors.PollSweep,
		PollMin: 15 * time.Minute,
		PollMax: 12 * time.Hour,
		Limits: []string{
			"GitLab does not say when a project was starred.",
			"The list is not in the order of starring, so every poll reads all of it.",
			"A star that was taken back and a project that was deleted or made private look the same.",
			"A server below a path (https://host/gitlab) cannot be named.",
		},
	}
}

func (g gitlab) Request(q connectors.Query) (connectors.Request, error) {
	at, err := place(g.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	v := starred()
	v.Set("per_page", strconv.Itoa(at.Size))
	if at.After > 0 {
		v.Set("id_after", strconv.FormatInt(at.After, 10))
	}
	return request(q, "/projects?"+v.Encode()), nil
}

// starred are the parameters that choose the list and its order.
func starred() url.Values {
	return url.Values{"starred": {"true"}, "order_by": {"id"}, "sort": {"asc"}}
}

func request(q connectors.Query, path string) connectors.Request {
	server := q.Server
	if server == "" {
		server = standard
	}
	return connectors.Request{URL: server + "/api/v4" + path, Header: http.Header{"Accept": {"application/json"}}}
}

func (g gitlab) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := place(g.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := projects().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	links, err := connectors.Links(r.Header)
	if err != nil {
		return connectors.Page{}, err
	}
	if at.After == 0 { // later pages tell of the rest alone
		if n, err := strconv.Atoi(r.Header.Get("X-Total")); err == nil && n > 0 {
			page.Total, page.Pages = n, (n+at.Size-1)/at.Size
		}
	}
	last, err := lastNumber(&page, at.After)
	if err != nil {
		return connectors.Page{}, err
	}
	objects := len(page.Items) + len(page.Bad)
	_, more := links["next"]
	switch {
	case objects == 0 && more:
		return connectors.Page{}, fault.New(fault.Malformed, "GitLab answered an empty page and says that more follow")
	case objects < at.Size && !more:
		return page, nil
	case last == at.After:
		return connectors.Page{}, fault.New(fault.Malformed, "no project of the page has a number that can be read, so nobody knows where the list goes on")
	}
	page.Next = after{last, at.Size}.cursor()
	return page, nil
}

// lastNumber is the largest number of a page's projects, and that of the page before
// where there are none. Projects that were read already are Malformed: a server that
// does not know id_after would be read for ever. What else is not as asked for is
// doubted.
func lastNumber(page *connectors.Page, before int64) (int64, error) {
	last := before
	for _, it := range page.Items {
		n, err := strconv.ParseInt(it.ID, 10, 64)
		switch {
		case err != nil || n <= before:
			return 0, fault.New(fault.Malformed, "GitLab was asked for projects after number %d and answered with number %q", before, it.ID)
		case n < last:
			page.Doubt = "the list is not in the order of numbers that was asked for"
		}
		last = max(last, n)
	}
	for _, b := range page.Bad {
		n, err := strconv.ParseInt(b.ID, 10, 64)
		if err != nil {
			page.Doubt = "the number of a project could not be read"
		}
		last = max(last, n)
	}
	return last, nil
}

// Remap maps an object from quarantine as Parse does.
func (gitlab) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return projects().One(raw)
}

func projects() connectors.Mapping[project] {
	return connectors.Mapping[project]{
		To: project.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "id") },
	}
}

// project is one element of the list.
type project struct {
	ID          int64    `json:"id"`
	FullName    string   `json:"path_with_namespace"`
	WebURL      string   `json:"web_url"`
	Description string   `json:"description"` // null where there is none
	AvatarURL   string   `json:"avatar_url"`  // likewise
	Topics      []string `json:"topics"`
	CreatedAt   string   `json:"created_at"`
	Visibility  string   `json:"visibility"` // public, internal (to be seen by who has signed in) or private; what else there may be is not public
	Namespace   struct {
		FullPath  string `json:"full_path"`
		WebURL    string `json:"web_url"`
		AvatarURL string `json:"avatar_url"` // a path where it is a group's
	} `json:"namespace"`
}

func (p project) item() (item.Item, error) {
	return item.Item{
		ID:        connectors.ID(p.ID),
		URL:       p.WebURL,
		Kind:      "repository",
		Title:     p.FullName,
		Text:      p.Description,
		Author:    item.Author{Name: p.Namespace.FullPath, URL: p.Namespace.WebURL, Avatar: p.Namespace.AvatarURL},
		Image:     p.AvatarURL,
		Tags:      p.Topics,
		Private:   p.Visibility != "public",
		CreatedAt: connectors.Time(p.CreatedAt),
	}, nil
}
