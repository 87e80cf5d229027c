package mongo

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/item"
	"collector/search"
	"collector/store"
)

// row is the document of an item. What is absent is zero.
type row struct {
	ID         bson.ObjectID `bson:"_id,omitempty"` // the driver's, in a new one: it reads a given one back from each document
	Net        string        `bson:"net"`           // id of the network
	User       string        `bson:"user"`
	Service    string        `bson:"type"`
	ItemID     string        `bson:"itemId"`
	URL        string        `bson:"source"`
	Kind       string        `bson:"kind,omitempty"`
	Title      string        `bson:"title,omitempty"`
	Text       string        `bson:"description,omitempty"`
	Author     string        `bson:"authorName,omitempty"`
	AuthorURL  string        `bson:"authorUrl,omitempty"`
	Avatar     string        `bson:"avatarUrl,omitempty"`
	Image      string        `bson:"thumbnail,omitempty"`
	Tags       []string      `bson:"tags,omitempty"`
	Language   string        `bson:"language,omitempty"`
	Private    bool          `bson:"private,omitempty"`
	CreatedAt  time.Time     `bson:"created,omitempty"`
	LikedAt    time.Time     `bson:"likedAt"`
	LikedFrom  item.Source   `bson:"likedFrom"`
	Bare       bool          `bson:"bare,omitempty"`
	Raw        []byte        `bson:"raw,omitempty"`
	Words      []string      `bson:"words"` // under which it is found, each once
	Hash       int64         `bson:"hash"`
	Walk       int64         `bson:"walk"`               // that stored it first
	Imported   bool          `bson:"imported,omitempty"` // seen by an import and by no walk
	FirstSeen  time.Time     `bson:"firstSeenAt"`
	ObservedAt time.Time     `bson:"observedAt"`        // of the newest reply that showed it
	BareDue    time.Time     `bson:"bareDue,omitempty"` // when its details may be asked for; absent when none are owed
	RemovedAt  time.Time     `bson:"removedAt,omitempty"`
	Because    string        `bson:"removedBecause,omitempty"`
	AddedBy    string        `bson:"addedBy"`             // id of the page
	ChangedBy  string        `bson:"changedBy,omitempty"` // id of the page that changed it last
}

// bareNow is the time since when the details of a new bare item are due.
func bareNow() time.Time { return time.UnixMilli(0).UTC() }

// clone is another row with the same content.
func (r *row) clone() *row {
	c := *r
	return &c
}

// whole cuts a time to the milliseconds that a document keeps.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// normal is an item in the form in which it is stored.
func normal(it item.Item, seen time.Time) item.Item {
	it.CreatedAt = whole(it.CreatedAt)
	if it.LikedAt.IsZero() || it.LikedFrom == item.FromFirstSeen {
		it.LikedAt, it.LikedFrom = seen, item.FromFirstSeen
	}
	it.LikedAt = whole(it.LikedAt)
	it.Tags = slices.Clone(it.Tags)
	for _, text := range append([]*string{&it.URL, &it.Kind, &it.Title, &it.Text, &it.Author.Name, &it.Author.URL, &it.Author.Avatar, &it.Image, &it.Language}, pointers(it.Tags)...) {
		*text = strings.ToValidUTF8(*text, "\ufffd")
	}
	return it
}

func pointers(texts []string) []*string {
	var out []*string
	for i := range texts {
		out = append(out, &texts[i])
	}
	return out
}

// put writes an item into the document.
func (r *row) put(it item.Item) {
	r.ItemID, r.URL, r.Kind, r.Title, r.Text = it.ID, it.URL, it.Kind, it.Title, it.Text
	r.Author, r.AuthorURL, r.Avatar, r.Image = it.Author.Name, it.Author.URL, it.Author.Avatar, it.Image
	r.Tags, r.Language, r.Private, r.CreatedAt = it.Tags, it.Language, it.Private, it.CreatedAt
	r.LikedAt, r.LikedFrom, r.Bare, r.Raw = it.LikedAt, it.LikedFrom, it.Bare, it.Raw
	r.Hash, r.Words = int64(it.Hash()), wordsOf(it)
	if !it.Bare {
		r.BareDue = time.Time{}
	}
}

// item reads it back.
func (r *row) item() item.Item {
	return item.Item{
		ID: r.ItemID, URL: r.URL, Kind: r.Kind, Title: r.Title, Text: r.Text,
		Author: item.Author{Name: r.Author, URL: r.AuthorURL, Avatar: r.Avatar}, Image: r.Image,
		Tags: r.Tags, Language: r.Language, Private: r.Private, CreatedAt: r.CreatedAt,
		LikedAt: r.LikedAt, LikedFrom: r.LikedFrom, Bare: r.Bare, Raw: json.RawMessage(r.Raw),
	}
}

// liked is the item as its readers know it; n is its network.
func (r *row) liked(n *network) store.Liked {
	l := store.Liked{
		Item: r.item(), User: r.User, Service: r.Service, NetworkID: r.Net,
		FirstSeenAt: r.FirstSeen, RemovedAt: r.RemovedAt, RemovedBecause: r.Because,
	}
	if n != nil {
		l.Account, l.Network = n.Account, n.name()
	}
	return l
}

// counts is what an item adds to the counters of its network.
func (r *row) counts() (items, bare int) {
	if !r.RemovedAt.IsZero() {
		return 0, 0
	}
	if !r.BareDue.IsZero() {
		bare = 1
	}
	return 1, bare
}

// Words that no text has, since they hold a sign: under them an item is found by
// its fields, in the index of its words.
const (
	wordAuthor   = "by:"
	wordTag      = "#"
	wordLanguage = "lang:"
	wordKind     = "kind:"
	wordPrivate  = "is:private"
)

// wordsOf are the words of an item, each once.
func wordsOf(it item.Item) []string {
	words := search.ItemWords(it)
	fields := []string{wordAuthor + search.FieldKey(it.Author.Name), wordLanguage + search.FieldKey(it.Language), wordKind + search.FieldKey(it.Kind)}
	for _, tag := range it.Tags {
		fields = append(fields, wordTag+search.FieldKey(tag))
	}
	if it.Private {
		fields = append(fields, wordPrivate)
	}
	seen := make(map[string]bool, len(words)+len(fields))
	out := make([]string, 0, len(words)+len(fields))
	for _, w := range append(words, fields...) {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
