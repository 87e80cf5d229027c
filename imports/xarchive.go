package imports

import (
	"context"
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"collector/item"
)

// The archive of X holds scripts that assign JSON: data/like.js is
//
//	window.YTD.like.part0 = [ {"like": {"tweetId": "…", "fullText": "…", "expandedUrl": "…"}}, … ]
//
// and like-part1.js goes on where there are many. When something was liked and by whom
// it was written is not told; when it was written is part of the id (a snowflake, since
// November 2010). data/account.js says whose archive it is.

func xArchive() Format {
	return Format{
		Name: "x", Title: "an archive of X",
		Find: func(parts []Part) ([]Part, error) {
			likes := choose(parts, func(p Part) bool { return assigns(p, "like") })
			if len(likes) == 0 {
				return nil, nil
			}
			return append(choose(parts, func(p Part) bool { return p.Base() == "account.js" && assigns(p, "account") }), likes...), nil
		},
		Read: readXArchive,
	}
}

// assigns tells whether a part is a script that assigns a kind of thing.
func assigns(p Part, kind string) bool {
	return p.has(".js") && strings.HasPrefix(strings.TrimSpace(p.head()), "window.YTD."+kind+".part")
}

func readXArchive(_ context.Context, parts []Part, fn func(Entry) error) error {
	list := List{Service: "twitter"}
	for _, p := range parts {
		if assigns(p, "account") {
			list = xAccount(p, list)
			continue
		}
		err := p.elements(list, func(where string, raw json.RawMessage) error {
			return fn(xLike(list, where, raw))
		}, fn)
		if err != nil {
			return err
		}
	}
	return nil
}

// xAccount reads whose archive it is; where that cannot be read it stays unknown.
func xAccount(p Part, list List) List {
	ignored := func(Entry) error { return nil }
	_ = p.elements(list, func(_ string, raw json.RawMessage) error { // neither function fails
		var a struct {
			Account struct {
				ID   string `json:"accountId"`
				Name string `json:"username"`
			} `json:"account"`
		}
		if json.Unmarshal(raw, &a) == nil && digits.MatchString(a.Account.ID) {
			list.RemoteID, list.Account = a.Account.ID, oneLine(a.Account.Name)
		}
		return nil
	}, ignored)
	return list
}

var digits = regexp.MustCompile(`^[0-9]{1,19}$`)

func xLike(list List, where string, raw json.RawMessage) Entry {
	var e struct {
		Like *struct {
			ID   string `json:"tweetId"`
			Text string `json:"fullText"`
			URL  string `json:"expandedUrl"`
		} `json:"like"`
	}
	switch err := json.Unmarshal(raw, &e); {
	case err != nil:
		return failed(list, where, "it is no like: %w", plainly(err))
	case e.Like == nil:
		return failed(list, where, "it is no like: the field like is missing")
	case !digits.MatchString(e.Like.ID):
		return failed(list, where, "the id of the post is missing")
	}
	addr, _, err := address(e.Like.URL)
	if err != nil || addr == "" {
		addr = "https://twitter.com/i/web/status/" + e.Like.ID
	}
	return Entry{List: list, Where: where, Item: item.Item{
		ID: e.Like.ID, URL: addr, Kind: "post", Text: html.UnescapeString(e.Like.Text), CreatedAt: snowflake(e.Like.ID), Bare: true,
	}}
}

// snowflake is when a post was made; zero for those from before snowflakes, whose ids
// were counted.
func snowflake(id string) time.Time {
	const epoch, first = 1288834974657, 29_700_859_247 // milliseconds; the first id that holds a time
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < first {
		return time.Time{}
	}
	return sane(time.UnixMilli(n>>22 + epoch))
}
