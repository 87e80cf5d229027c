package item

import (
	"hash/fnv"
	"testing"
	"time"
)

// TestHashStaysAsStored: stores keep hashes, so they must stay what they were:
// FNV-1a over the texts, each ended by a zero byte.
func TestHashStaysAsStored(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	it := Item{
		ID: "1", URL: "https://a.example/é", Kind: "post", Title: "T", Text: "x\x00y", Author: Author{Name: "ada", URL: "u", Avatar: "v"},
		Image: "i", Language: "Go", CreatedAt: at, LikedAt: at.Add(time.Hour), LikedFrom: FromAPI, Private: true, Tags: []string{"b", "a"},
	}
	h := fnv.New64a()
	for _, text := range []string{
		"1", "https://a.example/é", "post", "T", "x\x00y", "ada", "u", "v", "i", "Go", "2026-01-02T03:04:05.678Z", "api", "true", "false",
		"2026-01-02T04:04:05.678Z", "b", "a",
	} {
		h.Write([]byte(text + "\x00"))
	}
	if got := it.Hash(); got != h.Sum64() {
		t.Errorf("%x, not %x", got, h.Sum64())
	}
	it.LikedFrom = FromFirstSeen
	seen := it.Hash()
	if it.LikedAt = at; it.Hash() != seen {
		t.Error("the time when an item was first seen is part of its hash")
	}
}
