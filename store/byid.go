package store

// InOrder is the answer of Items.ByID: what was found, in the order of the ids.
func InOrder(ids []string, found map[string]Liked) []Liked {
	var out []Liked
	for _, id := range ids {
		if l, ok := found[id]; ok {
			out = append(out, l)
		}
	}
	return out
}
