package state

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// MaxShards is into how many parts the users can be split at most.
const MaxShards = 4096

// Shard is a part of all users, by a hash of their names: part Index of Of, counted
// from 1. The zero value is all of them. Every store splits alike.
type Shard struct{ Index, Of int }

// ParseShard reads "2/3", and "" as everybody.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	index, of, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n || n > MaxShards {
		return Shard{}, fmt.Errorf("%q is no part of a whole: write 1/3, 2/3 or 3/3, with at most %d parts", text, MaxShards)
	}
	return Shard{i, n}, nil
}

// String is what ParseShard reads.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Has tells whether a user is in the part: UserHash modulo the number of parts is
// Index - 1.
func (s Shard) Has(user string) bool {
	return s.Of <= 1 || UserHash(user)%uint32(s.Of) == uint32(s.Index-1)
}

// UserHash is the 32-bit FNV-1a hash of a user's name. Stores may keep it, so it
// never changes.
func UserHash(user string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(user))
	return h.Sum32()
}
