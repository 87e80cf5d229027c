package site

import (
	"slices"
	"strings"
	"unicode"

	"collector/control/words"
	"collector/web/page"
)

// tints is how many tints services have.
const tints = 6

// service is how a service is shown, in the tint of its provider. One that this program does
// not know, of a store that a newer one wrote to, is shown by its name.
func (s *site) service(name string) page.Service {
	var providers []string
	for _, c := range s.Panel.Connectors {
		in := c.Info()
		at := slices.Index(providers, in.Provider)
		if at < 0 {
			at, providers = len(providers), append(providers, in.Provider)
		}
		if in.Name == name {
			return page.Service{Name: name, Title: in.Title, Short: initials(in.Title), Tint: at%tints + 1}
		}
	}
	plain := words.Line(name)
	return page.Service{Name: name, Title: plain, Short: initials(plain), Tint: 1}
}

// initials are two letters for a title: capitals of the name that it begins with ("GH" of
// "GitHub stars", "SE" of "Stack Exchange favourites"), or its first two letters.
func initials(title string) string {
	var capitals, first []rune
	for i, word := range strings.Fields(title) {
		letters := []rune(word)
		if i == 0 {
			first = letters[:min(len(letters), 2)]
		} else if !unicode.IsUpper(letters[0]) {
			break
		}
		for _, r := range letters {
			if unicode.IsUpper(r) {
				capitals = append(capitals, r)
			}
		}
	}
	if len(capitals) < 2 {
		return string(first)
	}
	return string(capitals[:2])
}

// verb is what somebody did to a like of a service, its icon, and what one is called.
type verb struct {
	did  string
	icon page.Icon
	noun string
}

// verb is by what the service calls its likes.
func (s *site) verb(service string) verb {
	c, ok := s.Panel.Offered(service)
	if !ok {
		return verb{"liked", "heart", "like"}
	}
	for _, known := range []struct {
		word string
		verb
	}{
		{"star", verb{"starred", "star", "star"}},
		{"favourite", verb{"favourited", "heart", "favourite"}},
		{"bookmark", verb{"bookmarked", "save", "bookmark"}},
		{"saved", verb{"saved", "save", "saved entry"}},
		{"loved", verb{"loved", "heart", "loved track"}},
		{"upvoted", verb{"upvoted", "thumb", "upvote"}},
	} {
		if strings.Contains(c.Info().Likes, known.word) {
			return known.verb
		}
	}
	return verb{"liked", "heart", "like"}
}
