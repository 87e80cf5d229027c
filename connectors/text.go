package connectors

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"collector/item"
)

// Limits on one item, so that a hostile reply cannot fill memory or disk.
const (
	MaxString = 64 << 10  // bytes of one text; longer text is cut at a rune boundary
	MaxRow    = 256 << 10 // bytes of all texts of an item together, and of its Raw
	maxID     = 2 << 10   // bytes of an id or an address, which cannot be cut
	maxTags   = 100
)

// ID writes a numeric id as text, and 0 (the field was missing) as "".
func ID(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// Time reads an RFC 3339 time into UTC. What cannot be read, and a year before
// 1990 or after 2100, which some servers and clients write for "unknown", is
// the zero Time.
func Time(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	if t = t.UTC(); t.Year() < 1990 || t.Year() > 2100 {
		return time.Time{}
	}
	return t
}

// Line makes one line of s: runs of white space become one space.
func Line(s string) string {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && last == ' ' {
			return strings.Join(strings.Fields(s), " ")
		}
		last = c
	}
	if last == ' ' {
		return strings.TrimSuffix(s, " ")
	}
	return s
}

// Cut returns at most n bytes of s, ending at a rune boundary.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// WebURL returns s if it is an absolute http or https address, else "". It
// keeps "javascript:" and the like out of everything that shows links.
func WebURL(s string) string {
	if len(s) > maxID {
		return ""
	}
	if plainURL(s) { // as nearly all are; parsing costs five times as much
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}

// plainURL says that a text is an http(s) address that url.Parse is known to take:
// a host of lower-case letters, digits, dots and hyphens, then a path or nothing,
// of characters that stand for themselves.
func plainURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	host := 0
	for host < len(rest) && rest[host] != '/' {
		if c := rest[host]; !letter(c) && c != '.' && c != '-' {
			return false
		}
		host++
	}
	for i := host; i < len(rest); i++ {
		if c := rest[i]; !letter(c) && (c < 'A' || c > 'Z') && strings.IndexByte("/.-_~=?&", c) < 0 {
			return false
		}
	}
	return host > 0
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// PlainText reads a post's HTML as plain text: paragraphs and line breaks become
// line breaks, links keep their text, entities are decoded, scripts and styles
// vanish.
func PlainText(markup string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	silent := 0
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: a Tokenizer over a string knows no other error
			return tidy(b.String())
		case html.TextToken:
			if silent == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "br":
				b.WriteByte('\n')
			case "p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			case "li":
				b.WriteString("\n- ")
			case "script", "style":
				silent++
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			case "script", "style":
				silent = max(0, silent-1)
			}
		}
	}
}

// tidy trims lines and leaves at most one empty line in a row.
func tidy(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, "\u00a0", " "))
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// clean holds an item to its documented form and to the limits: valid UTF-8
// without NUL, one-line title, lower-case tags, UTC times, addresses absolute
// or empty. It returns why the item cannot be kept, or "".
func clean(it *item.Item) string {
	if it.ID == "" {
		return "no id"
	}
	if len(it.ID) > maxID {
		return "the id is " + strconv.Itoa(len(it.ID)) + " bytes long"
	}
	if WebURL(it.URL) == "" {
		return "no address"
	}
	it.Author.URL, it.Author.Avatar, it.Image = WebURL(it.Author.URL), WebURL(it.Author.Avatar), WebURL(it.Image)
	it.Title = Line(it.Title)
	for _, s := range []*string{&it.ID, &it.URL, &it.Kind, &it.Title, &it.Text, &it.Author.Name, &it.Language} {
		*s = valid(*s)
	}
	var tags []string
	for _, t := range it.Tags[:min(len(it.Tags), maxTags)] {
		if t = strings.ToLower(strings.TrimLeft(Line(Cut(valid(t), 256)), "#")); t != "" {
			tags = append(tags, t)
		}
	}
	it.Tags = tags
	it.CreatedAt, it.LikedAt = it.CreatedAt.UTC(), it.LikedAt.UTC()
	rest := MaxRow - maxTags*256 - 6*maxID // what ids, addresses and tags may take
	for _, s := range []*string{&it.Title, &it.Text, &it.Author.Name, &it.Language, &it.Kind} {
		*s = Cut(*s, rest)
		rest -= len(*s)
	}
	if len(it.Raw) > MaxRow {
		it.Raw = nil
	}
	return ""
}

// valid makes s UTF-8 without NUL and cuts it.
func valid(s string) string {
	if len(s) > MaxString {
		s = strings.Clone(Cut(s, MaxString)) // lets go of the rest
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
