package connectortest

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// sabotage is one way to break a connector and the rule that must notice.
type sabotage struct {
	rule, of, name string
	how            func(r *rigged)
}

// priced lets a service ask for money.
func priced(i *connectors.Info) {
	i.Price = 1
	i.Quotas = append(i.Quotas, connectors.Quota{
		Name: "budget", Scope: connectors.PerApp, Unit: connectors.Mills, N: 1000, Per: 30 * 24 * time.Hour, Calendar: connectors.MonthUTC,
	})
}

func sabotages() []sabotage {
	var count atomic.Int64 // the state that a connector must not have
	hosts := []string{"api.github.com"}
	return []sabotage{
		{"info", "github", "no word on what it cannot show", onInfo(func(i *connectors.Info) { i.Limits = nil })},
		{"info", "github", "changes between calls", onInfo(func(i *connectors.Info) { i.PageSize += int(count.Add(1)) })},
		{"info", "github", "hands out shared memory", onInfo(func(i *connectors.Info) { i.Hosts = hosts })},
		{"info", "github", "a password without a place", onInfo(func(i *connectors.Info) { i.Auth.Password = true })},
		{"info", "github", "a header and a place", onInfo(func(i *connectors.Info) { i.Auth.Placed = true })},
		{"info", "mastodon", "two quotas of one name", onInfo(func(i *connectors.Info) { i.Quotas[1].Name = i.Quotas[0].Name })},

		{"info", "github", "a price and no budget", onInfo(func(i *connectors.Info) { i.Price = 1 })},
		{"info", "github", "a budget that begins anew at any time", onInfo(func(i *connectors.Info) {
			priced(i)
			i.Quotas[1].Calendar = connectors.NoCalendar
		})},
		{"money", "github", "reserves nothing", onInfo(priced)},
		{"money", "github", "does not say what a page cost", func(r *rigged) {
			onInfo(priced)(r)
			onCalls(func(q connectors.Query, r *connectors.Request) { r.Cost = map[string]int{"budget": q.PageSize} })(r)
		}},

		{"request", "github", "token in the address", onCalls(func(_ connectors.Query, r *connectors.Request) { r.URL += "&access_token=x" })},
		{"request", "github", "another host", onCalls(func(_ connectors.Query, r *connectors.Request) {
			r.URL = strings.Replace(r.URL, "api.github.com", "api.github.example", 1)
		})},
		{"request", "mastodon", "http", onCalls(func(_ connectors.Query, r *connectors.Request) {
			r.URL = strings.Replace(r.URL, "https:", "http:", 1)
		})},
		{"request", "github", "sets Authorization", onCalls(func(_ connectors.Query, r *connectors.Request) {
			r.Header.Set("Authorization", "Bearer "+connectors.Secret("access"))
		})},
		{"request", "github", "forgets a header", onCalls(func(_ connectors.Query, r *connectors.Request) { r.Header.Del("Accept") })},
		{"request", "bluesky", "counts its calls", onCalls(func(_ connectors.Query, r *connectors.Request) {
			r.Header.Set("X-Call", strings.Repeat("i", int(count.Add(1)%9)))
		})},
		{"request", "bluesky", "a quota that does not exist", onCalls(func(_ connectors.Query, r *connectors.Request) { r.Quotas = []string{"core"} })},
		{"request", "github", "ignores the cursor", func(r *rigged) {
			r.at = func(q connectors.Query) connectors.Query { q.Cursor = ""; return q }
		}},
		{"cursor", "mastodon", "pastes the cursor behind the host", func(r *rigged) {
			r.at = func(q connectors.Query) connectors.Query { q.Cursor, q.Resume = "", ""; return q }
			onCalls(func(q connectors.Query, out *connectors.Request) { out.URL = q.Server + string(q.Cursor) })(r)
		}},

		{"walk", "github", "the page never advances", onPages(func(q connectors.Query, _ connectors.Reply, p *connectors.Page) {
			if p.Next != "" && q.Cursor != "" {
				p.Next = q.Cursor
			}
		})},
		{"walk", "github", "ends a page early", onPages(func(_ connectors.Query, _ connectors.Reply, p *connectors.Page) {
			if strings.HasPrefix(string(p.Next), "asc:1:") {
				p.Next = ""
			}
		})},
		{"walk", "mastodon", "no resume point", onPages(func(_ connectors.Query, _ connectors.Reply, p *connectors.Page) { p.Resume = "" })},
		{"walk", "bluesky", "stops at the short page", onPages(func(q connectors.Query, _ connectors.Reply, p *connectors.Page) {
			if len(p.Items) < q.PageSize {
				p.Next = ""
			}
		})},
		{"walk", "mastodon", "keeps an address as cursor", onPages(func(q connectors.Query, _ connectors.Reply, p *connectors.Page) {
			if p.Next != "" {
				p.Next = connectors.Cursor(q.Server) + p.Next
			}
		})},
		{"empty", "bluesky", "an empty list is an error", func(r *rigged) {
			r.parse = func(_ connectors.Query, _ connectors.Reply, p connectors.Page, err error) (connectors.Page, error) {
				if err == nil && len(p.Items) == 0 {
					err = fault.New(fault.Malformed, "an empty list")
				}
				return p, err
			}
		}},
		{"empty", "mastodon", "a quiet poll starts over", onPages(func(_ connectors.Query, _ connectors.Reply, p *connectors.Page) {
			if len(p.Items) == 0 {
				p.Resume = "/api/v1/favourites?limit=3"
			}
		})},

		{"golden", "github", "title and text swapped", onItems(func(it *item.Item) { it.Title, it.Text = it.Text, it.Title })},
		{"golden", "github", "time of the repository for time of the star", onItems(func(it *item.Item) { it.LikedAt = it.CreatedAt })},
		{"golden", "mastodon", "private posts look public", onItems(func(it *item.Item) { it.Private = false })},
		{"golden", "mastodon", "leaves HTML in the text", onItems(func(it *item.Item) { it.Text = "<p>" + it.Text + "</p>" })},
		{"golden", "bluesky", "describes what it only refers to", onItems(func(it *item.Item) { it.Bare = false })},
		{"items", "github", "local time", onItems(func(it *item.Item) { it.LikedAt = it.LikedAt.In(time.FixedZone("CET", 3600)) })},
		{"items", "github", "relative address", onItems(func(it *item.Item) { it.URL = strings.TrimPrefix(it.URL, "https://github.com") })},
		{"items", "mastodon", "one id for two", onItems(func(it *item.Item) { it.ID = it.ID[:3] })},
		{"items", "github", "another item each time", onItems(func(it *item.Item) { it.Text = strings.Repeat("!", int(count.Add(1)%9)) })},
		{"items", "mastodon", "a like time out of thin air", onItems(func(it *item.Item) { it.LikedAt = it.CreatedAt })},
		{"items", "github", "a link that runs a script", onItems(func(it *item.Item) { it.Author.URL = "javascript:alert(1)" })},

		{"refuse", "github", "an error reply is an empty page", func(r *rigged) {
			r.parse = func(_ connectors.Query, _ connectors.Reply, p connectors.Page, _ error) (connectors.Page, error) {
				return p, nil
			}
		}},
		{"refuse", "github", "mends a cut body", func(r *rigged) {
			r.before = func(reply connectors.Reply) connectors.Reply {
				if i := bytes.LastIndex(reply.Body, []byte("}\n}")); i > 0 && !bytes.HasSuffix(bytes.TrimSpace(reply.Body), []byte("]")) {
					reply.Body = append(bytes.Clone(reply.Body[:i]), "}}]"...)
				} else if len(bytes.TrimSpace(reply.Body)) < 3 {
					reply.Body = []byte("[]")
				}
				return reply
			}
		}},
		{"refuse", "bluesky", "calls an outage temporary and keeps quiet of the shape", func(r *rigged) {
			r.parse = func(_ connectors.Query, _ connectors.Reply, p connectors.Page, err error) (connectors.Page, error) {
				if err != nil {
					err = fault.New(fault.Temporary, "try again")
				}
				return p, err
			}
		}},
		{"knockout", "github", "bad objects dropped silently", onPages(func(_ connectors.Query, _ connectors.Reply, p *connectors.Page) { p.Bad = nil })},
		{"knockout", "bluesky", "a missing cursor looks like the end", onPages(func(_ connectors.Query, reply connectors.Reply, p *connectors.Page) {
			if !bytes.Contains(reply.Body, []byte(`"cursor"`)) {
				p.Next = ""
			}
		})},
		{"knockout", "mastodon", "panics without an author", onItems(func(it *item.Item) { _ = it.Author.Name[0] })},
		{"links", "mastodon", "follows a link to another host", func(r *rigged) {
			r.before = func(reply connectors.Reply) connectors.Reply {
				if strings.Contains(reply.Header.Get("Link"), "https://evil.example") {
					reply.Header = http.Header{"X-Followed": {"yes"}}
				}
				return reply
			}
			onPages(func(_ connectors.Query, reply connectors.Reply, p *connectors.Page) {
				if reply.Header.Get("X-Followed") != "" {
					p.Next = "/api/v1/favourites?from=evil"
				}
			})(r)
		}},
		{"links", "github", "half a Link header is the end", func(r *rigged) {
			r.before = func(reply connectors.Reply) connectors.Reply {
				if !strings.Contains(reply.Header.Get("Link"), ">") {
					reply.Header = http.Header{}
				}
				return reply
			}
		}},

		{"pure", "github", "reads a clock", onItems(func(it *item.Item) { it.CreatedAt = time.Unix(count.Add(1), 0).UTC() })},
		{"pure", "mastodon", "keeps the reply's memory", onPages(func(_ connectors.Query, reply connectors.Reply, p *connectors.Page) {
			p.Bad = append(p.Bad, connectors.Bad{ID: "1", Raw: reply.Body})
		})},
		{"pure", "bluesky", "writes into the reply", onPages(func(_ connectors.Query, reply connectors.Reply, _ *connectors.Page) {
			reply.Body[len(reply.Body)-1] = ' '
		})},

		{"fault", "github", "a limit taken for a missing permission", func(r *rigged) {
			r.judged = func(reply connectors.Reply, err error) error {
				if reply.Status == http.StatusForbidden {
					return fault.FromStatus("github", reply.Status, reply.Body)
				}
				return err
			}
		}},
		{"fault", "bluesky", "an expired session is a broken API", func(r *rigged) {
			r.judged = func(connectors.Reply, error) error { return nil }
		}},
		{"fault", "github", "a lost account is taken for a page", func(r *rigged) {
			r.judged = func(reply connectors.Reply, err error) error {
				if reply.Status == http.StatusNotFound {
					return connectors.ErrPage
				}
				return err
			}
		}},
		{"fault", "mastodon", "repeats the reply with its keys", func(r *rigged) {
			r.judged = func(reply connectors.Reply, err error) error {
				if err != nil {
					fault.As(err).Reason = "mastodon said " + string(reply.Body)
				}
				return err
			}
		}},
		{"fault", "mastodon", "does not say what to do", func(r *rigged) {
			r.judged = func(_ connectors.Reply, err error) error {
				if err != nil {
					fault.As(err).Next = ""
				}
				return err
			}
		}},
		{"identity", "github", "an answer without id is somebody", func(r *rigged) {
			r.who = func(who connectors.Identity, _ error) (connectors.Identity, error) { return who, nil }
		}},
		{"identity", "mastodon", "the name for the id", func(r *rigged) {
			r.who = func(who connectors.Identity, err error) (connectors.Identity, error) {
				who.ID = who.Name
				return who, err
			}
		}},
		{"check", "github", "an outage is an un-like", func(r *rigged) {
			r.liked = func(_ connectors.Reply, p connectors.Presence, err error) (connectors.Presence, error) {
				if err != nil {
					return connectors.Unliked, nil
				}
				return p, nil
			}
		}},
		{"details", "bluesky", "what cannot be read is gone", func(r *rigged) {
			r.details = func(out []connectors.Detail, err error) ([]connectors.Detail, error) {
				if err == nil && len(out) < 4 {
					out = append(out, connectors.Detail{Item: item.Item{ID: "at://did:plc:2nubesnubesnubesnubesnub/app.bsky.feed.post/3laaaaaaaaa22"}, Gone: true})
				}
				return out, err
			}
		}},
		{"details", "bluesky", "leaves a post out", func(r *rigged) {
			r.details = func(out []connectors.Detail, err error) ([]connectors.Detail, error) {
				return out[:max(0, len(out)-1)], err
			}
		}},
		{"remap", "mastodon", "maps otherwise the second time", func(r *rigged) {
			r.remap = func(it item.Item, err error) (item.Item, error) { it.Kind = "toot"; return it, err }
		}},
	}
}
