package store

import "collector/item"

// PageBytes is how many bytes of text a page has that is made for one answer.
const PageBytes = 8 << 20

// Room is what a page of a search has left for what its items say (Query.Bytes).
type Room struct {
	left    int
	bounded bool
	begun   bool
}

// Room is that of an empty page.
func (q Query) Room() Room { return Room{left: q.Bytes, bounded: q.Bytes > 0} }

// Takes takes an item in where there is room for it, and tells whether there was. The first
// one is always taken: a page without items would lead nowhere.
func (r *Room) Takes(it item.Item) bool {
	size := bytesOf(it)
	if r.bounded && r.begun && size > r.left {
		return false
	}
	r.begun = true
	r.left -= size
	return true
}

// bytesOf is how many bytes an item has in its texts.
func bytesOf(it item.Item) int {
	size := len(it.ID) + len(it.URL) + len(it.Title) + len(it.Text) + len(it.Author.Name) + len(it.Author.URL) + len(it.Author.Avatar) + len(it.Image)
	for _, tag := range it.Tags {
		size += len(tag)
	}
	return size
}

// Fitting is how many of the items, from the first on, have room on one page.
func (q Query) Fitting(items []Liked) int {
	room := q.Room()
	for i, l := range items {
		if !room.Takes(l.Item) {
			return i
		}
	}
	return len(items)
}
