package github

import (
	"fmt"
	"strconv"

	"collector/connectors"
	"collector/fault"
)

// Directions as the API writes them.
const (
	ascending  = "asc"
	descending = "desc"
)

// place is a page of the list in one direction.
type place struct {
	direction  string
	page, size int
}

func (p place) cursor() connectors.Cursor {
	return connectors.Cursor(fmt.Sprintf("%s:%d:%d", p.direction, p.page, p.size))
}

// parsePlace reads the cursor of q; the start is the newest page.
func parsePlace(q connectors.Query) (place, error) {
	limit := github{}.Info().PageSize
	if q.Cursor == "" {
		size := q.PageSize
		if size < 1 || size > limit {
			size = limit
		}
		return place{descending, 1, size}, nil
	}
	var p place
	for _, p.direction = range []string{ascending, descending} {
		n, err := fmt.Sscanf(string(q.Cursor), p.direction+":%d:%d", &p.page, &p.size)
		if err == nil && n == 2 && p.page >= 1 && p.size >= 1 && p.size <= limit && p.cursor() == q.Cursor {
			return p, nil
		}
	}
	return place{}, fault.New(fault.Bug, "github: the stored cursor is not one of this connector's")
}

// newestFirst decides what follows a descending page. After the first page that
// is the last ascending one; later pages are read only by a walk that had to
// give up the ascending order.
func (g github) newestFirst(page *connectors.Page, q connectors.Query, r connectors.Reply, at place) error {
	next, err := PageNumber(g.Info(), q, r, "next")
	if err != nil {
		return err
	}
	last, err := PageNumber(g.Info(), q, r, "last")
	if err != nil {
		return err
	}
	if objects(page) == 0 && max(next, last) > at.page {
		return fault.New(fault.Malformed, "github answered an empty page %d of a list of %d", at.page, max(next, last))
	}
	if at.page > 1 {
		if next > 0 && next != at.page+1 {
			return fault.New(fault.Malformed, "github's next link leads from page %d to page %d", at.page, next)
		}
		if next > 0 {
			page.Next = place{descending, next, at.size}.cursor()
		}
		return nil
	}
	if next == 0 && last <= 1 {
		page.Pages = 1
		return nil
	}
	if last <= 1 {
		return fault.New(fault.Malformed, "github names a next page and no last one")
	}
	page.Next = place{ascending, last, at.size}.cursor()
	if q.Walk != connectors.Poll {
		page.Pages = last + 1
	}
	return nil
}

// oldestFirst decides what follows an ascending page: the one before it. A page
// that is not in the order asked for sends the walk on newest first.
func (g github) oldestFirst(page *connectors.Page, q connectors.Query, r connectors.Reply, at place) error {
	next, err := PageNumber(g.Info(), q, r, "next")
	if err != nil {
		return err
	}
	if objects(page) == 0 {
		if next > 0 {
			return fault.New(fault.Malformed, "github answered an empty page %d and says that more follow", at.page)
		}
		if at.page == 1 {
			page.Doubt = "the oldest page came back empty although there were stars"
		}
	}
	if !connectors.Ordered(page.Items, false) {
		page.Doubt = "GitHub did not list the stars oldest first, as asked for; the rest is read newest first"
		page.Next = place{descending, 2, at.size}.cursor()
		return nil
	}
	if at.page > 1 {
		page.Next = place{ascending, at.page - 1, at.size}.cursor()
	}
	return nil
}

func objects(page *connectors.Page) int { return len(page.Items) + len(page.Bad) }

// PageNumber returns the number of the page that a Link relation names, 0 where
// there is none. Nothing else of the link is taken.
func PageNumber(info connectors.Info, q connectors.Query, r connectors.Reply, rel string) (int, error) {
	u, err := connectors.Link(info, q, r, rel)
	if err != nil || u == nil {
		return 0, err
	}
	n, err := strconv.Atoi(u.Query().Get("page"))
	if err != nil || n < 1 {
		return 0, fault.New(fault.Malformed, "github's %s link has no page number", rel)
	}
	return n, nil
}
