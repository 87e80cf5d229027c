package simulate

import (
	"cmp"
	"slices"
)

// redditWindow is how many items of a list are shown.
func (s *Sim) redditWindow() int { return cmp.Or(s.opt.Window, 1000) }

// redditShown is what a list shows: what is saved in the order of saving, what is
// upvoted in the order in which it was submitted; the newest first, as many as the
// window holds. The lock is held.
func (s *Sim) redditShown(a *account) []like {
	all := slices.DeleteFunc(slices.Clone(a.likes), func(l like) bool { return l.displaced })
	if a.list.name == RedditUpvoted {
		slices.SortStableFunc(all, func(x, y like) int { return cmp.Compare(x.created, y.created) })
	}
	slices.Reverse(all)
	return all[:min(len(all), s.redditWindow())]
}

// displace takes what a new like has pushed out of a precomputed list for good.
func (s *Sim) displace(a *account) {
	if !s.opt.Precomputed || a.list.name != Reddit {
		return
	}
	room := s.redditWindow()
	for i := len(a.likes) - 1; i >= 0; i-- {
		if l := &a.likes[i]; !l.displaced {
			l.displaced = room == 0
			room = max(0, room-1)
		}
	}
}

// behind says which likes of an account are not shown, although they stand.
func (s *Sim) behind(a *account) map[uint32]bool {
	if a.site.name != Reddit {
		return nil
	}
	out := map[uint32]bool{}
	for _, l := range a.likes {
		out[l.k] = true
	}
	for _, l := range s.redditShown(a) {
		delete(out, l.k)
	}
	return out
}
