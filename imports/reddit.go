package imports

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"collector/item"
)

// Reddit's answer to a request for one's data is a zip archive of CSV files without
// folders. saved_posts.csv and saved_comments.csv have the columns id and permalink,
// post_votes.csv and comment_votes.csv direction (up, down, none, removed) too; long
// ones are parted (post_votes_1.csv). Unlike the API it shows more than the newest
// 1,000. Times and texts are not told: the title here is what the address says of it.
// The ids lack the prefix that makes them full names, t3_ for posts and t1_ for
// comments.

// The lists of Reddit.
const (
	redditSaved   = "reddit"
	redditUpvoted = "reddit-upvoted"
)

var redditPattern = regexp.MustCompile(`(?i)^(saved_posts|saved_comments|post_votes|comment_votes)(_\d+)?\.csv$`)

func reddit() Format {
	return Format{
		Name: "reddit", Title: "a Reddit data export",
		Find: func(parts []Part) ([]Part, error) {
			return choose(parts, func(p Part) bool { return redditPattern.MatchString(p.Base()) && p.hasColumns("id", "permalink") }), nil
		},
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				prefix, list := "t3_", List{Service: redditSaved}
				name := strings.ToLower(p.Base())
				if strings.Contains(name, "comment") {
					prefix = "t1_"
				}
				if strings.Contains(name, "votes") {
					list.Service = redditUpvoted
				}
				if err := p.rows(list, func(r record) error { return fn(redditEntry(list, prefix, r)) }, fn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

var redditID = regexp.MustCompile(`^[0-9a-z]{1,13}$`)

func redditEntry(list List, prefix string, r record) Entry {
	e := Entry{List: list, Where: r.where}
	id := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(r.cell("id"))), prefix)
	direction := strings.ToLower(strings.TrimSpace(r.cell("direction")))
	switch {
	case !redditID.MatchString(id):
		e.Err = fmt.Errorf("the id is missing, or none of Reddit's")
	case list.Service == redditSaved, direction == "up":
		it, err := redditItem(prefix, id, r.cell("permalink"))
		e.Item, e.Err = it, err
	case direction == "down":
		e.Left = "a vote down"
	case direction == "none", direction == "removed":
		e.Left = "a vote that was taken back"
	default:
		e.Err = fmt.Errorf("the direction of the vote is missing")
	}
	return e
}

func redditItem(prefix, id, permalink string) (item.Item, error) {
	it := item.Item{ID: prefix + id, Kind: "post", Bare: true}
	u, err := url.Parse(strings.TrimSpace(permalink))
	switch {
	case err == nil && strings.HasPrefix(u.Path, "/") && (u.Host == "" || strings.HasSuffix(u.Host, "reddit.com")):
		it.URL = "https://www.reddit.com" + u.EscapedPath()
	case prefix == "t3_":
		it.URL = "https://www.reddit.com/comments/" + id + "/"
	default:
		return it, fmt.Errorf("the comment has no address")
	}
	if prefix == "t1_" {
		it.Kind = "comment"
	}
	// /r/<subreddit>/comments/<post>/<title>/[<comment>/]
	if err == nil {
		if _, rest, ok := strings.Cut(u.Path, "/comments/"); ok {
			if words := strings.Split(rest, "/"); len(words) > 1 {
				it.Title = oneLine(strings.ReplaceAll(words[1], "_", " "))
			}
		}
	}
	return it, nil
}
