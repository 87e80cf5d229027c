package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"collector/item"
)

// Pocket closed in July 2025. Its last export was a zip archive of CSV files,
// part_000000.csv and on, with the columns title, url, time_added (seconds since
// 1970), tags (parted by |) and status (unread, archive). Before that it was one page,
// ril_export.html: <li><a href time_added tags>title</a></li>, tags parted by commas.
// Neither holds ids, so the address stands for the item.

func pocketList() List { return List{Service: "pocket"} }

func pocketTable() Format {
	return Format{
		Name: "pocket", Title: "a Pocket export (CSV)",
		Find: func(parts []Part) ([]Part, error) {
			return choose(parts, func(p Part) bool { return p.has(".csv") && p.hasColumns("title", "url", "time_added", "tags") }), nil
		},
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				err := p.rows(pocketList(), func(r record) error {
					return fn(saved(pocketList(), "article", r.where, r.cell("url"), r.cell("title"), r.cell("time_added"), strings.Split(r.cell("tags"), "|")))
				}, fn)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// saved is the entry of a page that somebody kept.
func saved(list List, kind, where, href, title, added string, words []string) Entry {
	addr, left, err := address(href)
	if err != nil || left != "" {
		return Entry{List: list, Where: where, Left: left, Err: err}
	}
	it := item.Item{ID: addr, URL: addr, Kind: kind, Title: oneLine(title), Tags: tags(words), LikedAt: unix(added)}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return Entry{List: list, Where: where, Item: it}
}

func pocketPage() Format {
	return Format{
		Name: "pocket-html", Title: "a Pocket export (HTML)",
		Find: func(parts []Part) ([]Part, error) {
			return choose(parts, func(p Part) bool {
				if !p.has(".html", ".htm") {
					return false
				}
				head := p.head()
				return strings.Contains(head, "time_added=") || strings.Contains(head, "<title>Pocket Export</title>")
			}), nil
		},
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				if err := readPocketPage(p, fn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func readPocketPage(p Part, fn func(Entry) error) error {
	page, err := p.page()
	if err != nil {
		return fn(failed(pocketList(), p.Name, "%w", err))
	}
	defer page.close() // it was only read
	for n := 0; ; {
		tag, err := page.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fn(failed(pocketList(), p.Base(), "after entry %d it cannot be read: %w", n, err))
		}
		if tag.Type != html.StartTagToken || tag.DataAtom != atom.A {
			continue
		}
		n++
		title := page.text(atom.A)
		e := saved(pocketList(), "article", fmt.Sprintf("%s, entry %d", p.Base(), n), attr(tag, "href"), title, attr(tag, "time_added"), strings.Split(attr(tag, "tags"), ","))
		if err := fn(e); err != nil {
			return err
		}
	}
}

// choose returns the parts that fit.
func choose(parts []Part, fits func(Part) bool) []Part {
	var out []Part
	for _, p := range parts {
		if fits(p) {
			out = append(out, p)
		}
	}
	return out
}
