package auth

import "strings"

// holdsAny says whether body holds one of the forms, which have at least
// shortest bytes each. Nearly always it holds none, so it looks at one place in as
// many bytes as the shortest form has: the three bytes that end there tell how far
// ahead the next form can end at the earliest (S. Wu and U. Manber, "A fast algorithm
// for multi-pattern searching", 1994).
func holdsAny(body []byte, forms []string) bool {
	if len(forms) == 0 {
		return false
	}
	const block = 3
	least := 255
	for _, form := range forms {
		least = min(least, len(form))
	}
	var ahead [1 << 12]uint8 // by a hash of three bytes
	for i := range ahead {
		ahead[i] = uint8(least - block + 1)
	}
	at := func(a, b, c byte) uint32 { return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435761 >> 20 }
	for _, form := range forms {
		for i := block - 1; i < least; i++ {
			h := at(form[i-2], form[i-1], form[i])
			ahead[h] = min(ahead[h], uint8(least-1-i))
		}
	}
	for i := least - 1; i < len(body); {
		if skip := ahead[at(body[i-2], body[i-1], body[i])]; skip > 0 {
			i += int(skip)
			continue
		}
		for _, form := range forms {
			if begin := i + 1 - least; strings.HasPrefix(string(body[begin:min(len(body), begin+len(form))]), form) {
				return true
			}
		}
		i++
	}
	return false
}
