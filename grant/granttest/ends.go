package granttest

import (
	"context"
	"errors"
	"time"

	"collector/grant"
)

func removesOfOne(k *kit) {
	k.add(bare("g_1", "anna"), bare("g_2", "anna"), bare("g_3", "annabel"), bare("g_4", ""), bare("g_5", "ANNA"))
	for _, c := range []struct {
		user string
		want int
	}{{"anna", 2}, {"anna", 0}, {"", 1}} {
		if n, err := k.other.RemoveOf(k.ctx, c.user); n != c.want || err != nil {
			k.Errorf("of %q %d were removed, want %d, %v", c.user, n, c.want, err)
		}
	}
	k.void(k.one, grant.HashOf("g_1"))
	k.is(k.one, bare("g_3", "annabel"))
	k.is(k.one, bare("g_5", "ANNA"))
	k.counts(2)
}

func prunes(k *kit) {
	long, before, at, after := sample("g_0"), sample("g_1"), sample("g_2"), sample("g_3")
	from := noon.Add(-time.Hour)
	long.ExpiresAt, before.ExpiresAt, at.ExpiresAt, after.ExpiresAt = from, from.Add(time.Millisecond), noon, noon.Add(time.Millisecond)
	never := bare("g_never", "anna")
	k.add(long, before, at, after, never)
	for _, want := range []int{2, 0} {
		if n, err := k.other.Prune(k.ctx, from, noon); n != want || err != nil {
			k.Errorf("%d were removed, want %d, %v", n, want, err)
		}
	}
	for _, r := range []grant.Record{long, after, never} {
		k.is(k.one, r)
	}
	k.counts(3)
	for i, from := range []time.Time{time.Unix(-1, 0), {}} { // never is no time between others
		if n, err := k.other.Prune(k.ctx, from, noon.Add(time.Hour)); n != []int{2, 0}[i] || err != nil {
			k.Errorf("from %s on %d were removed, %v", from, n, err)
		}
	}
	k.is(k.one, never)
	k.counts(1)
}

// brought: also over what is there, and twice.
func brought(k *kit) {
	old := bare("g_1", "anna")
	k.add(old)
	a, b := sample("g_1"), sample("g_2")
	a.Hash = old.Hash
	for range 2 {
		k.must(k.one.Bring(k.ctx, []grant.Record{a, b}))
		k.is(k.other, a)
		k.is(k.other, b)
	}
	k.must(k.one.Bring(k.ctx, nil))
	other := bare("g_2", "bob")
	if err := k.one.Bring(k.ctx, []grant.Record{other}); !errors.Is(err, grant.ErrTaken) {
		k.Errorf("one was brought under the id of another: %v", err)
	}
	k.is(k.other, b)
	k.void(k.other, other.Hash)
	k.counts(2)
}

func ended(k *kit) {
	a := sample("g_1")
	k.add(a)
	over, end := context.WithCancel(k.ctx)
	end()
	_, find := k.one.Find(over, a.Hash)
	_, take := k.one.Take(over, a.Hash)
	_, of := k.one.RemoveOf(over, "anna")
	_, prune := k.one.Prune(over, noon, noon.Add(24*time.Hour))
	for what, err := range map[string]error{
		"Find": find, "Take": take, "RemoveOf": of, "Prune": prune, "Add": k.one.Add(over, sample("g_2")), "Remove": k.one.Remove(over, "g_1"),
		"Bring": k.one.Bring(over, []grant.Record{sample("g_3")}), "Note": k.one.Note(over, a.Hash, noon.Add(time.Hour)),
	} {
		if err == nil || errors.Is(err, grant.ErrUnknown) {
			k.Errorf("%s went on after its end: %v", what, err)
		}
	}
	k.is(k.other, a)
	k.counts(1)
}
