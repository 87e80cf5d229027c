package record

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var (
	// A time, a date or a year as services write them.
	timely = regexp.MustCompile(`^\d{4}-\d\d(-\d\d)?([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)?$`)
	// Names of fields whose values are words of the protocol, where they look like some.
	telling = regexp.MustCompile(`(?i)^(\$type|kind|.*type|type_of|visibility|privacy.*|.*status|lang|langs|language|languages|suffix|.*version|error|reason|code|rating|role|size|format|result)$`)
	plain   = regexp.MustCompile(`^[A-Za-z0-9$#./+_:-]{1,60}$`)
	// Names of fields that hold ids, and of those that hold numbers of things.
	naming   = regexp.MustCompile(`^(?i:(.*_)?(u|g|gu|uu|p|m|c|d)?ids?(_str)?)$|[a-z](Id|ID|Ids|IDs)$`)
	counting = regexp.MustCompile(`(?i)(total|count|counts|pages?|perpage|limit|offset|remaining|position|duration|width|height|score|left|max|wait|time|date|uts|created|updated)$`)
	placing  = regexp.MustCompile(`(?i)^(lat|latitude|lon|lng|long|longitude|geo|coordinates|location)$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	hostlike = regexp.MustCompile(`^([a-z0-9-]+\.)+[a-z]{2,}$`)
	wordRun  = regexp.MustCompile(`[\pL\pN\pM_-]+(?:\.[\pL\pN\pM_-]+)*`)
)

// harmless are words that say nothing of anybody.
var harmless = []string{"true", "false", "yes", "no", "ok", "none", "self", "default", "[deleted]", "[removed]", "und", "handle.invalid"}

// kinds are what paths call the kinds of things, before the id of one: /users/4107.
var kinds = []string{"albums", "categories", "channels", "comments", "groups", "posts", "projects", "users", "videos"}

// text is what stands for the text of a field. In an object of the field key may be
// the name of the list that it is in.
func (d *disguise) text(key, s string) string {
	switch shown, known := d.known[s]; {
	case !strings.ContainsFunc(s, says) || slices.Contains(harmless, s) || timely.MatchString(s) || telling.MatchString(key) && plain.MatchString(s) && !d.ids[s]:
		return s
	case digits.MatchString(s):
		return d.digits(key, s)
	case known:
		return shown
	case strings.Contains(s, "://") && !strings.ContainsAny(s, " \n\t<"):
		return d.address(s)
	case strings.HasPrefix(s, "/") && !strings.ContainsFunc(s, unicode.IsSpace):
		path, query, has := strings.Cut(s, "?")
		if path = d.path(path); has {
			path += "?" + d.parameters(query)
		}
		return path
	case strings.HasPrefix(s, "did:"):
		return d.did(s)
	case strings.ContainsFunc(s, unicode.IsSpace) || strings.ContainsAny(s, "<&"):
		return d.prose(s)
	}
	return d.name(s)
}

// digits is what stands for a number that is written as a text.
func (d *disguise) digits(key, s string) string {
	if !naming.MatchString(key) && !d.ids[s] && (len(s) < 5 || counting.MatchString(key) || moment(s)) {
		return s
	}
	return d.word(s)
}

// moment says whether a number is a time: seconds or milliseconds since 1970.
func moment(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return false
	}
	if len(s) == 13 {
		n /= 1000
	}
	at := time.Unix(n, 0).UTC().Year()
	return (len(s) == 10 || len(s) == 13) && at >= 2000 && at < 2100
}

// name is what stands for a text of names and ids: each of its words is replaced by
// itself, so that the same name is the same one alone and in a path.
func (d *disguise) name(s string) string {
	return wordRun.ReplaceAllStringFunc(s, func(run string) string {
		switch shown, host := d.hosts[run]; {
		case host:
			return shown
		case hostlike.MatchString(run):
			return d.host(run)
		case len(run) == 1 && !digits.MatchString(run):
			return run
		}
		words := strings.Split(run, ".")
		for i, w := range words {
			words[i] = d.word(w)
		}
		return strings.Join(words, ".")
	})
}

// did is what stands for a decentralized identifier (https://www.w3.org/TR/did-core/).
func (d *disguise) did(s string) string {
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 {
		return d.name(s)
	}
	return parts[0] + ":" + parts[1] + ":" + d.name(parts[2])
}

// address is what stands for an address.
func (d *disguise) address(s string) string {
	scheme, rest, _ := strings.Cut(s, "://")
	if scheme == "at" {
		return d.record(rest)
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return d.word(s)
	}
	out := url.URL{Scheme: u.Scheme, Host: d.host(u.Host)}
	if named := d.origin[u.Scheme+"://"+u.Host]; named != "" {
		out.Host = d.host(named)
	}
	if d.own[out.Host] {
		out.Scheme = "https"
	}
	out.Path = d.path(u.Path)
	out.RawQuery = d.parameters(u.RawQuery)
	if u.Fragment != "" {
		out.Fragment = d.text("", u.Fragment)
	}
	return out.String()
}

// path is what stands for a path. Its words are those of the protocol where the calls
// have them too, or say what kind of thing follows.
func (d *disguise) path(s string) string {
	segments := strings.Split(s, "/")
	for i, w := range segments {
		if !d.words[w] && (i == len(segments)-1 || !slices.Contains(kinds, w)) {
			segments[i] = d.text("id", w) // a number in a path is one, however short
		}
	}
	return strings.Join(segments, "/")
}

// parameters is what stands for the query of an address, in its order.
func (d *disguise) parameters(raw string) string {
	if raw == "" {
		return ""
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, value, has := strings.Cut(pair, "=")
		text, err := url.QueryUnescape(value)
		if err != nil {
			text = value
		}
		key := name
		if telling.MatchString(key) { // a code in an address is one of a sign-in
			key = ""
		}
		if !d.words[text] {
			text = d.text(key, text)
		}
		if !plain.MatchString(name) {
			name = d.name(name)
		}
		if pairs[i] = name; has {
			pairs[i] += "=" + url.QueryEscape(text)
		}
	}
	return strings.Join(pairs, "&")
}

// record is what stands for the address of a record: at://who/collection/key
// (https://atproto.com/specs/at-uri-scheme). The collection is a word of the protocol.
func (d *disguise) record(rest string) string {
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		if i != 1 {
			parts[i] = d.text("", p)
		}
	}
	return "at://" + strings.Join(parts, "/")
}

// elements are the names of HTML's elements that texts and pages of errors are made of,
// and its characters by name.
const elements = `</?(?:html|head|title|meta|link|style|script|body|header|footer|main|nav|section|article|div|span|p|br|hr|h[1-6]|a|b|i|u|s|em|strong|small|code|pre|blockquote|ul|ol|li|table|tbody|thead|tr|td|th|img|form|input|center|address)\b|&#?[a-zA-Z0-9]{1,8};`

// markup is what of a text with markup is no text.
var markup = regexp.MustCompile(`(?i)https?://[^\s"'<>]+|` + elements)

// prose is what stands for a text: as many words as long, in its markup. The same text
// is the same one each time; its words are not, since what is repeated could be guessed.
func (d *disguise) prose(s string) string {
	if shown, ok := d.known[s]; ok {
		return shown
	}
	for try := 0; ; try++ {
		var b strings.Builder
		rest := s
		for rest != "" {
			at := markup.FindStringIndex(rest)
			if at == nil {
				at = []int{len(rest), len(rest)}
			}
			b.WriteString(d.shape(rest[:at[0]]))
			if mark := rest[at[0]:at[1]]; strings.HasPrefix(mark, "http") {
				b.WriteString(d.address(mark))
			} else {
				b.WriteString(mark)
			}
			rest = rest[at[1]:]
		}
		shown := b.String()
		if try > 20 { // markup alone, or few letters
			shown += " " + d.shape("word") + strconv.Itoa(len(d.used))
		}
		if !d.used[shown] && (shown != s || try > 20) {
			d.known[s], d.used[shown] = shown, true
			return shown
		}
	}
}
