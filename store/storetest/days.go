package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"collector/store"
)

var days = []promise{
	{"LikeDaysCountEachLikeOnItsDay", likeDays},
	{"LikeDaysAreOfOneUser", likeDaysUser},
	{"LikeDaysOfManyAreTheNewestWholeOnes", likeDaysNewest},
}

// dayText writes days in one line.
func dayText(d store.Days) string {
	var b strings.Builder
	b.WriteString("since " + d.Since.Format("2006-01-02 15:04:05.000 MST"))
	for _, one := range d.List {
		fmt.Fprintf(&b, ", %s %s %d", one.Day.Format("2006-01-02 15:04 MST"), one.Service, one.Likes)
	}
	return b.String()
}

// likeDays: a day has its first millisecond and its last one, and what was taken back
// or is of a list that is collected no more.
func likeDays(k *kit) {
	networks, all := k.differing(rand.New(rand.NewPCG(31, 32)))
	midnight := store.DayOf(at(-40 * day))
	c := k.started("bluesky")
	p := page(c.ID, 1)
	for i, liked := range []time.Time{midnight.Add(-time.Millisecond), midnight, midnight.Add(day - time.Millisecond), midnight.Add(day)} {
		it := like(fmt.Sprint(i), liked)
		p.Items = append(p.Items, it)
		l := store.Liked{Item: it, User: "me", Service: "bluesky"}
		all = append(all, l)
	}
	k.commit(c.Lease, p)
	_, err := k.b.RemoveNetwork(k.ctx, networks[0], false)
	k.must(err)
	gone := 0
	for _, window := range [][2]time.Time{
		{at(-100 * day), at(day)},
		{at(-20 * day), at(-5 * day)},
		{midnight, midnight.Add(day)},
		{midnight.Add(time.Hour), midnight.Add(2 * day)},
		{at(-20 * day), at(-5 * day).Add(time.Millisecond)},
		{at(day), at(2 * day)},
		{time.Time{}, at(day)},
	} {
		for _, user := range []string{"me", "you", ""} {
			from := store.DaysFrom(window[0])
			var want store.DayCount
			for _, l := range all {
				if !l.LikedAt.Before(from) && l.LikedAt.Before(window[1]) && (user == "" || l.User == user) {
					want.Add(l.LikedAt, l.Service, 1)
					if !l.RemovedAt.IsZero() {
						gone++
					}
				}
			}
			got, err := k.b.LikeDays(k.ctx, user, window[0], window[1], 0)
			k.must(err)
			k.same(dayText(got), dayText(want.Days(from, store.DaysDefault)), fmt.Sprintf("%q from %s until %s", user, window[0], window[1]))
		}
	}
	if gone == 0 {
		k.Errorf("none was taken back: this proved less")
	}
}

func likeDaysUser(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour)), like("2", at(-hour)), like("3", at(-2*day))))
	n := k.networkOf("you", "mastodon")
	theirs := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, theirs.Lease, page(n.ID, 1, like("theirs", at(-hour))))
	today, before := store.DayOf(at(-hour)).Format("2006-01-02 15:04 MST"), store.DayOf(at(-2*day)).Format("2006-01-02 15:04 MST")
	since := "since " + store.DayOf(at(-10*day)).Format("2006-01-02 15:04:05.000 MST")
	for user, want := range map[string]string{
		"me": ", " + before + " github 1, " + today + " github 2", "you": ", " + today + " mastodon 1", "nobody": "",
		"": ", " + before + " github 1, " + today + " github 2, " + today + " mastodon 1",
	} {
		got, err := k.b.LikeDays(k.ctx, user, at(-10*day), at(0), 0)
		k.must(err)
		k.same(dayText(got), since+want, fmt.Sprintf("for %q", user))
	}
}

// likeDaysNewest: of the day in which counting ends nothing is told.
func likeDaysNewest(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	newest := store.DayOf(at(-day)).Add(day - time.Millisecond)
	for i := range 60 { // three a day
		p.Items = append(p.Items, like(fmt.Sprint(i), newest.Add(-time.Duration(i/3)*day-time.Duration(i%3)*hour)))
	}
	k.commit(c.Lease, p)
	from := newest.Add(-30 * day)
	for most, want := range map[int]int{1: 0, 2: 0, 3: 1, 4: 1, 29: 9, 30: 10, 31: 10, 59: 19, 60: 20, 1000: 20, 0: 20} {
		got, err := k.b.LikeDays(k.ctx, "me", from, at(0), most)
		k.must(err)
		since := store.DayOf(from)
		if want < 20 {
			since = store.DayOf(newest).AddDate(0, 0, 1-want)
		}
		k.same([]any{len(got.List), got.Since}, []any{want, since}, fmt.Sprintf("days of at most %d likes", most))
		for _, d := range got.List {
			if d.Likes != 3 || d.Day.Before(since) {
				k.Errorf("at most %d likes: %s has %d of its 3, since %s", most, d.Day, d.Likes, since)
			}
		}
	}
}
