package likeastore

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
	"collector/store"
)

// likes are the items of one list.
type likes struct {
	items  []store.WholeItem // in the order of their ids
	again  int               // documents of an item that another one had already
	unread int               // documents without an id or an address
}

// likesOf reads the items of a list, each once.
func (s *Source) likesOf(ctx context.Context, l list) (likes, error) {
	filter := bson.D{{Key: "user", Value: l.account.User}, {Key: "type", Value: l.old}}
	switch l.old {
	case "gist":
		filter = bson.D{{Key: "user", Value: l.account.User}, {Key: "type", Value: "github"}, {Key: "gist", Value: true}}
	case "github":
		filter = append(filter, bson.E{Key: "gist", Value: bson.D{{Key: "$ne", Value: true}}})
	}
	var out likes
	found := map[string]store.WholeItem{}
	cursor, err := s.items.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetAllowDiskUse(true).SetProjection(withoutUser()))
	if err != nil {
		return out, fmt.Errorf("reading the items of the old database: %w", err)
	}
	defer cursor.Close(ctx)
	for cursor.Next(ctx) {
		var d document
		if err := cursor.Decode(&d); err != nil {
			return out, fmt.Errorf("reading an item of the old database: %w", err)
		}
		it, ok := itemOf(d, l)
		was, twice := found[it.ID]
		switch {
		case !ok:
			out.unread++
			continue
		case twice:
			out.again++
			it = join(was, it)
		}
		found[it.ID] = it
	}
	if err := cursor.Err(); err != nil {
		return out, fmt.Errorf("reading the items of the old database: %w", err)
	}
	for _, it := range found {
		out.items = append(out.items, it)
	}
	slices.SortFunc(out.items, func(a, b store.WholeItem) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// withoutUser leaves out the profile that the old program copied everywhere.
func withoutUser() bson.D { return bson.D{{Key: "userData", Value: 0}} }

// itemOf reads an item; false where it has no id or no address. When the thing was
// liked the old program did not know: date is when it saved it, created when the
// thing was made.
func itemOf(d document, l list) (store.WholeItem, bool) {
	seen := d.time("date")
	if seen.IsZero() {
		seen = d.made()
	}
	it := item.Item{
		ID: d.text("itemId"), URL: address(d.text("source")), Kind: l.kind, Title: title(d), Text: d.text("description"),
		Author: item.Author{Name: d.text("authorName"), URL: address(d.text("authorUrl")), Avatar: address(d.text("avatarUrl"))},
		Image:  address(d.text("thumbnail")), CreatedAt: d.time("created"), LikedAt: seen, LikedFrom: item.FromFirstSeen,
	}
	return store.WholeItem{
		Item: it, Network: l.network.ID, User: l.account.User, Service: l.network.Service,
		Imported: true, FirstSeenAt: seen, ObservedAt: seen,
	}, it.ID != "" && it.URL != ""
}

func title(d document) string {
	for _, field := range []string{"name", "title"} {
		if text := d.text(field); text != "" {
			return text
		}
	}
	return ""
}

// address is an absolute web address, or "".
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return text
}

// join makes one item of two documents of it: first seen when the earlier one was
// saved, and as the later one shows it.
func join(a, b store.WholeItem) store.WholeItem {
	if b.ObservedAt.Before(a.ObservedAt) {
		a, b = b, a
	}
	it := b
	it.Item = item.Merge(a.Item, b.Item)
	it.FirstSeenAt, it.LikedAt = a.FirstSeenAt, a.LikedAt
	return it
}
