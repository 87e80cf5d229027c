package state

import (
	"fmt"
	"testing"
)

// TestShardsAreAPartition: each user is in one part of each whole, and the parts
// are of about the same size.
func TestShardsAreAPartition(t *testing.T) {
	for _, of := range []int{1, 2, 3, 7, 50} {
		sizes := map[int]int{}
		const users = 5000
		for u := range users {
			in := 0
			for i := 1; i <= of; i++ {
				if (Shard{i, of}).Has(fmt.Sprintf("user%d", u)) {
					in++
					sizes[i]++
				}
			}
			if in != 1 || !(Shard{}).Has(fmt.Sprint(u)) {
				t.Fatalf("user%d is in %d of %d parts", u, in, of)
			}
		}
		for i, n := range sizes {
			if n < users/of/2 || n > users/of*2 {
				t.Errorf("part %d of %d has %d of %d users", i, of, n, users)
			}
		}
	}
	// The hash is part of the contract of stores: it never changes.
	if got := UserHash("me"); got != 1747856039 {
		t.Errorf("the hash of me is %d", got)
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"": {}, "1/1": {1, 1}, "2/3": {2, 3}, "4096/4096": {4096, 4096}} {
		if got, err := ParseShard(text); err != nil || got != want || got.String() != text {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0/3", "4/3", "1/0", "-1/3", "1", "/", "1/3/5", "a/b", "1/4097", " 1/3"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
