package imports

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"collector/item"
)

// What `collector export` wrote: JSON Lines hold all that an item has, CSV what a
// spreadsheet can show.

// Own is one item as the export writes it, in whatever format.
type Own struct {
	User    string `json:"user"`
	Service string `json:"service"`
	Network string `json:"network"`
	Account string `json:"account"`
	ID      string `json:"id"`
	URL     string `json:"url"`
	Title   string `json:"title"`
	Text    string `json:"text"`
	Author  struct {
		Name   string `json:"name"`
		URL    string `json:"url"`
		Avatar string `json:"avatar"`
	} `json:"author"`
	Image     string     `json:"image"`
	Kind      string     `json:"kind"`
	Tags      []string   `json:"tags"`
	Language  string     `json:"language"`
	Private   bool       `json:"private"`
	CreatedAt *time.Time `json:"createdAt"`
	LikedAt   *time.Time `json:"likedAt"`
	LikedFrom string     `json:"likedAtSource"`
	SeenAt    *time.Time `json:"firstSeenAt"`
	Bare      bool       `json:"detailsMissing"`
	RemovedAt *time.Time `json:"removedAt"`
}

// simulated begins the titles of what was exported from simulated services.
const simulated = "[simulated] "

// Entry is what the export says of an item; where is its place, for people.
func (o Own) Entry(where string) Entry {
	list := List{Service: o.Service, User: o.User, Account: o.Account}
	e := Entry{List: list, Where: where}
	rest, isName := strings.CutPrefix(o.Network, o.Service+"/"+o.Account)
	switch {
	case o.Service == "" || o.ID == "" || o.URL == "":
		e.Err = errors.New("service, id or address is missing")
	case !isName || rest != "" && rest[0] != ':':
		e.Err = fmt.Errorf("the network %q is not that of the service and the account", o.Network)
	case strings.HasPrefix(o.Title, simulated):
		e.Left = "of a simulated service"
	case o.RemovedAt != nil && !o.RemovedAt.IsZero():
		e.Left = "taken back when it was exported"
	}
	if e.Err != nil || e.Left != "" {
		return e
	}
	if rest != "" {
		e.List.Params = strings.Split(rest[1:], ":")
	}
	addr, _, err := address(o.URL)
	if err != nil || addr == "" {
		e.Err = fmt.Errorf("the address is no web address")
		return e
	}
	e.Seen = moment(o.SeenAt)
	e.Item = item.Item{
		ID: o.ID, URL: o.URL, Kind: o.Kind, Title: o.Title, Text: o.Text, Author: item.Author{Name: o.Author.Name, URL: o.Author.URL, Avatar: o.Author.Avatar},
		Image: o.Image, Tags: o.Tags, Language: o.Language, Private: o.Private, CreatedAt: moment(o.CreatedAt), LikedAt: moment(o.LikedAt), Bare: o.Bare,
	}
	switch from := item.Source(o.LikedFrom); {
	case e.Item.LikedAt.IsZero():
	case from == item.FromAPI, from == item.FromOrder, from == item.FromFirstSeen:
		e.Item.LikedFrom = from
	default:
		e.Err = fmt.Errorf("how the time of the like is known is missing")
	}
	return e
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return sane(*t)
}

func ownLines() Format {
	return Format{
		Name: "jsonl", Title: "an export of collector (JSON Lines)",
		Find: func(parts []Part) ([]Part, error) { return choose(parts, isOwnLines), nil },
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				if err := readLines(p, fn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func isOwnLines(p Part) bool {
	if !p.has(".jsonl", ".ndjson", ".json", ".txt") { // an archive may hold a hundred thousand pictures
		return false
	}
	head := strings.TrimSpace(p.head())
	if !strings.HasPrefix(head, "{") {
		return false
	}
	first, _, _ := strings.Cut(head, "\n")
	for _, field := range []string{`"service":`, `"network":`, `"id":`, `"url":`, `"likedAtSource":`} {
		if !strings.Contains(first, field) && len(first) < headLength/2 { // a very long first line is cut
			return false
		}
	}
	return strings.Contains(first, `"service":`)
}

func readLines(p Part, fn func(Entry) error) error {
	in, err := p.Open()
	if err != nil {
		return fn(failed(List{}, p.Name, "%w", err))
	}
	defer in.Close() // it was only read
	feed := &rationed{r: in, most: longest}
	r := bufio.NewReaderSize(feed, 64<<10)
	for n := 1; ; n++ {
		feed.next()
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fn(failed(List{}, fmt.Sprintf("line %d", n), "from here on it cannot be read: %w", err))
		}
		if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))); len(line) > 0 {
			var o Own
			e := failed(List{}, fmt.Sprintf("line %d", n), "this is no item of an export")
			if wrong := json.Unmarshal(line, &o); wrong != nil {
				e.Err = fmt.Errorf("this is no item of an export: %w", plainly(wrong))
			} else {
				e = o.Entry(e.Where)
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

func ownTable() Format {
	return Format{
		Name: "csv", Title: "an export of collector (CSV)",
		Find: func(parts []Part) ([]Part, error) {
			return choose(parts, func(p Part) bool {
				return p.has(".csv") && p.hasColumns("service", "network", "id", "url", "likedatsource")
			}), nil
		},
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				if err := p.rows(List{}, func(r record) error { return fn(ownRow(r)) }, fn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func ownRow(r record) Entry {
	cell := func(name string) string { return unharmed(r.cell(strings.ToLower(name))) }
	when := func(name string) *time.Time {
		t := stamp(cell(name))
		return &t
	}
	o := Own{
		User: cell("user"), Service: cell("service"), Network: cell("network"), Account: cell("account"), ID: cell("id"), URL: cell("url"),
		Title: cell("title"), Text: cell("text"), Image: cell("image"), Kind: cell("kind"), Tags: strings.Fields(cell("tags")), Language: cell("language"),
		Private: cell("private") == "true", Bare: cell("detailsMissing") == "true", CreatedAt: when("createdAt"), LikedAt: when("likedAt"),
		LikedFrom: cell("likedAtSource"), SeenAt: when("firstSeenAt"), RemovedAt: when("removedAt"),
	}
	o.Author.Name, o.Author.URL, o.Author.Avatar = cell("author_name"), cell("author_url"), cell("author_avatar")
	return o.Entry(r.where)
}

// unharmed takes away the apostrophe that the export puts before what a spreadsheet
// would take for a formula, and before an apostrophe.
func unharmed(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte("=+-@\t\r'", s[1]) >= 0 {
		return s[1:]
	}
	return s
}
