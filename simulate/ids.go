package simulate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// itemID is the id of a like as a connector has to call it: the repository's
// number, the post's id at the user's server, the post's at:// address.
func (s *Sim) itemID(a *account, l like) string { return a.list.item(s, a, l) }

func repoNumber(a *account, k uint32) int64 {
	return 20_000_000 + int64(a.index)*100_000_000 + int64(k)
}

// scatter gives each thing of an account a number of its own that says nothing of
// when it was liked: an odd factor leaves no two of 2^32 alike.
func scatter(k uint32) uint32 { return k * 2_654_435_761 }

// scattered is a list in no order of liking.
func scattered(likes []like) []like {
	return slices.SortedFunc(slices.Values(likes), func(x, y like) int { return cmp.Compare(scatter(x.k), scatter(y.k)) })
}

// newestFirst is a list in the reverse order of liking.
func newestFirst(likes []like) []like {
	out := slices.Clone(likes)
	slices.Reverse(out)
	return out
}

// numbered is a page of a list, numbered from 1, and the length of the list.
func numbered(all []like, number, per int) ([]like, int) {
	from := min((number-1)*per, len(all))
	return all[from:min(from+per, len(all))], len(all)
}

// snowflake is how Mastodon numbers accounts and posts: milliseconds and 16 bits.
func snowflake(ms int64, n int) int64 { return ms<<16 | int64(n)&0xFFFF }

// postURI is the address of a liked Bluesky post.
func (s *Sim) postURI(a *account, l like) string {
	author := s.author(a, l.k, s.dice(a, l.k))
	return "at://" + did(s.opt.Seed, author.n) + "/app.bsky.feed.post/" + postKey(l)
}

func postKey(l like) string { return tid(postNumber(l)) }

func postNumber(l like) uint64 { return uint64(l.created)*1000<<10 | uint64(l.k)&0x3FF }

// likeURI is the address of the record of a Bluesky like.
func likeURI(a *account, l like) string {
	return "at://" + a.id + "/app.bsky.feed.like/" + tid(l.key)
}

const sortable = "234567abcdefghijklmnopqrstuvwxyz"

// tid writes 64 bits as Bluesky's record keys: 13 letters that sort by time.
func tid(v uint64) string {
	var b [13]byte
	for i := 12; i >= 0; i-- {
		b[i] = sortable[v&31]
		v >>= 5
	}
	return string(b[:])
}

// untid reads a record key, 0 for what is none.
func untid(text string) uint64 {
	var v uint64
	for i := range len(text) {
		v = v<<5 | uint64(max(0, strings.IndexByte(sortable, text[i])))
	}
	return v
}

// did names the n-th person of a world.
func did(seed, n uint64) string {
	return "did:plc:" + letters(rand.New(rand.NewPCG(seed, n^0xD1D)), 24)
}

// cid names the content of a record.
func cid(seed, n uint64) string {
	return "bafyrei" + letters(rand.New(rand.NewPCG(seed, n^0xC1D)), 52)
}

// letters returns n letters of base 32.
func letters(r *rand.Rand, n int) string {
	const base32 = "abcdefghijklmnopqrstuvwxyz234567"
	b := make([]byte, n)
	for i := range b {
		b[i] = base32[r.IntN(32)]
	}
	return string(b)
}

// hexes returns n hexadecimal digits.
func hexes(r *rand.Rand, n int) string {
	s := ""
	for len(s) < n {
		s += fmt.Sprintf("%016x", r.Uint64())
	}
	return s[:n]
}
