package site

import (
	"strings"
	"unicode"

	"collector/control/words"
	"collector/web/page"
)

// tile is how a service is shown. One that this program does not know has its name alone.
func (s *site) tile(service string) page.Service {
	for i, c := range s.Panel.Connectors {
		if in := c.Info(); in.Name == service {
			return page.Service{Name: service, Title: in.Title, Short: letters(in.Title), Tint: 1 + i%6}
		}
	}
	plain := words.Plain(service)
	return page.Service{Name: service, Title: plain, Short: letters(plain)}
}

// likes is what the likes of a service are called.
func (s *site) likes(service string) string {
	if c, ok := s.Panel.Offered(service); ok {
		return c.Info().Likes
	}
	return "likes"
}

// letters are the two that a title is known by: its capitals, or how it begins.
func letters(title string) string {
	first, _, _ := strings.Cut(title, " ")
	var capitals []rune
	for _, r := range first {
		if unicode.IsUpper(r) && len(capitals) < 2 {
			capitals = append(capitals, r)
		}
	}
	if len(capitals) == 2 {
		return string(capitals)
	}
	begin := []rune(first)
	return string(begin[:min(len(begin), 2)])
}
