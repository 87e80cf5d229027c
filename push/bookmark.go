package push

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"collector/store"
)

// Bookmark is a like as a bookmark service takes it.
type Bookmark struct {
	URL   string // http or https
	Title string // one line, "" where there is none
	Text  string
	Note  string // where it was liked, and when
	Tags  []string
	Liked time.Time // zero where nobody knows
}

// bookmark makes one of a like; false where it has no address of the web.
func bookmark(it store.Liked) (Bookmark, bool) {
	u, err := url.Parse(strings.TrimSpace(it.URL))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return Bookmark{}, false
	}
	u.Host = asciiHost(u.Host)
	b := Bookmark{URL: u.String(), Title: line(it.Title), Text: strings.TrimSpace(plain(it.Text)), Note: line(it.Network), Liked: it.LikedAt.UTC()}
	if it.LikedAt.IsZero() {
		b.Liked = time.Time{}
	} else {
		b.Note += ", liked " + b.Liked.Format(time.DateOnly)
	}
	for _, t := range it.Tags {
		t = strings.Trim(strings.ReplaceAll(line(t), ",", " "), "# ")
		if t = strings.Join(strings.Fields(t), "-"); t != "" && !slices.Contains(b.Tags, t) {
			b.Tags = append(b.Tags, short(t, longestTag))
		}
	}
	return b, true
}

// asciiHost is the host of an address as browsers write it, and as it was where it is none.
func asciiHost(host string) string {
	if strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return host
	}
	name, port, _ := strings.Cut(host, ":")
	ascii, err := idna.Lookup.ToASCII(name)
	switch {
	case err != nil:
		return host
	case port != "":
		return ascii + ":" + port
	}
	return ascii
}

// longestTag in characters: linkding's models allow no more, and no person writes more.
const longestTag = 64

// plain drops what is no text: control characters but line feeds and tabs, broken UTF-8.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r != utf8.RuneError && !unicode.Is(unicode.Cc, r) {
			return r
		}
		return -1
	}, s)
}

func line(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// short cuts a text to n characters.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}
