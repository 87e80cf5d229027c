package connectors

import "collector/item"

// Ordered says whether the like times that a service states of items go one way:
// never up where the newest comes first, else never down. Items without such a
// time are passed over.
func Ordered(items []item.Item, newestFirst bool) bool {
	var before item.Item
	for _, it := range items {
		if it.LikedAt.IsZero() {
			continue
		}
		turned := it.LikedAt.Before(before.LikedAt)
		if newestFirst {
			turned = it.LikedAt.After(before.LikedAt)
		}
		if turned && !before.LikedAt.IsZero() {
			return false
		}
		before = it
	}
	return true
}
