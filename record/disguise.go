package record

import (
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"collector/connectors"
)

// disguise replaces texts and ids, the same one by the same one. What it invents
// depends on the form of what it replaces and on the order in which it comes, never
// on the text itself: nobody can compute it back.
type disguise struct {
	info    connectors.Info
	chance  *rand.Rand
	known   map[string]string // by what is replaced: whole texts, words, hosts
	used    map[string]bool   // what was invented: no two texts become one
	hosts   map[string]string // hosts by the one that is shown
	own     map[string]bool   // hosts that are shown and belong to the service: they are at https
	origin  map[string]string // the host that a call named, by the origin that answered
	ids     map[string]bool   // numbers of five digits or more that stood under the name of an id
	numbers map[string]bool   // that stood under the name of an id
	words   map[string]bool   // parts of paths and values of queries of the calls
}

// newDisguise prepares to disguise replies. Hosts and ids are looked for first, since
// the same one may stand under another name before.
func newDisguise(info connectors.Info, got Replies) *disguise {
	d := &disguise{
		info: info, chance: rand.New(rand.NewPCG(1, 2)),
		known: map[string]string{}, used: map[string]bool{}, hosts: map[string]string{},
		own: map[string]bool{}, origin: map[string]string{}, ids: map[string]bool{}, numbers: map[string]bool{}, words: map[string]bool{},
	}
	for _, host := range info.Hosts {
		d.hosts[host] = host
	}
	if at, err := url.Parse(info.Server); err == nil && at.Host != "" {
		d.hosts[at.Host] = at.Host
	}
	if at, err := url.Parse(got.Query.Server); err == nil && at.Host != "" && d.hosts[at.Host] == "" {
		d.hosts[at.Host] = "server.example"
	}
	d.sites()
	for _, host := range d.hosts {
		d.own[host] = true
	}
	d.learn(got)
	d.order()
	return d
}

// sites keeps the hosts that belong to the service as its own do: github.com beside
// api.github.com. A server of somebody's own is not one of them.
func (d *disguise) sites() {
	for _, host := range d.info.Hosts {
		labels := strings.Split(host, ".")
		if n := len(labels); n > 2 {
			site := strings.Join(labels[n-2:], ".")
			d.hosts[site], d.hosts["www."+site] = site, "www."+site
		}
	}
}

// called notes a call and who answered it. The words of its address are the
// protocol's, but for those that say whose list it is, and where in it.
func (d *disguise) called(call connectors.Request, r connectors.Reply, q connectors.Query) {
	u, err := url.Parse(call.URL)
	if err != nil {
		return
	}
	d.origin[r.Origin] = u.Host
	persons := []string{q.Account.ID, q.Account.Name}
	for _, p := range d.info.Params {
		if p.Person {
			persons = append(persons, q.Params[p.Name])
		}
	}
	words := strings.Split(u.Path, "/")
	for _, values := range u.Query() {
		words = append(words, values...)
	}
	for _, w := range words {
		if !slices.Contains(persons, w) && !strings.Contains(w, "{{") && (q.Cursor == "" || shortWord.MatchString(w)) {
			d.words[w] = true
		}
	}
}

// shortWord is what a later call may have that is no cursor: the direction of a list.
var shortWord = regexp.MustCompile(`^[a-z]{1,4}$`)

// query is where the disguised list is read.
func (d *disguise) query(q connectors.Query) connectors.Query {
	q.Account = connectors.Identity{ID: d.text("id", q.Account.ID), Name: d.text("", q.Account.Name)}
	if at, err := url.Parse(q.Server); err == nil && at.Host != "" {
		q.Server = "https://" + d.host(at.Host)
	}
	params := map[string]string{}
	for name, value := range q.Params {
		params[name] = value
		if shown, known := d.known[value]; known {
			params[name] = shown
		} else if slices.ContainsFunc(d.info.Params, func(p connectors.Param) bool { return p.Name == name && p.Person }) {
			params[name] = d.text("", value)
		}
	}
	if q.Params != nil {
		q.Params = params
	}
	q.Cursor, q.Resume = "", ""
	return q
}

// reply is a disguised reply. It has no origin: the connector follows its links at
// the hosts that it names itself.
func (d *disguise) reply(r connectors.Reply) connectors.Reply {
	return connectors.Reply{Status: r.Status, Header: d.header(r.Header), Body: d.body(r.Body)}
}

// host is what stands for a host name.
func (d *disguise) host(name string) string {
	if shown := d.hosts[name]; shown != "" {
		return shown
	}
	shown := "host-" + strconv.Itoa(len(d.hosts)+1) + ".example"
	d.hosts[name] = shown
	return shown
}

// a thing of Reddit's is called by its kind and its id, which also stands alone.
var kindOf = regexp.MustCompile(`^t[1-9]_`)

// word is what stands for one word: a name, an id, a part of an address. In capitals
// it is the same word in capitals.
func (d *disguise) word(s string) string {
	if shown, ok := d.known[s]; ok {
		return shown
	}
	if kind := kindOf.FindString(s); kind != "" && len(s) > len(kind) {
		return kind + d.word(s[len(kind):])
	}
	if low := strings.ToLower(s); low != s && len(low) == len(s) {
		shown := []byte(d.word(low))
		for i := range min(len(s), len(shown)) {
			if s[i] >= 'A' && s[i] <= 'Z' && shown[i] >= 'a' && shown[i] <= 'z' {
				shown[i] -= 'a' - 'A'
			}
		}
		d.known[s] = string(shown)
		return d.known[s]
	}
	return d.invent(s, s)
}

// invent makes a text of the form of like, which nobody has yet, and keeps it for key.
func (d *disguise) invent(key, like string) string {
	for try := 0; ; try++ {
		if try > 20 { // all of so few letters are taken
			like += string(like[len(like)-1])
			try = 0
		}
		if shown := d.shape(like); !d.used[shown] && shown != key {
			d.known[key], d.used[shown] = shown, true
			return shown
		}
	}
}

// shape makes a text with letters where s has letters, digits where s has digits, and
// everything else where it is.
func (d *disguise) shape(s string) string {
	const consonants, vowels = "bdfghjklmnprstvz", "aeiou"
	var b strings.Builder
	n := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			low := 0
			if i == 0 { // a number does not begin with a nought
				low = 1
			}
			b.WriteByte(byte('0' + low + d.chance.IntN(10-low)))
			continue
		case !says(r):
			b.WriteRune(r)
			continue
		case r >= utf8Self:
			b.WriteRune([]rune("éøüñ")[d.chance.IntN(4)])
			continue
		}
		letter := consonants[d.chance.IntN(len(consonants))]
		if n++; n%2 == 0 {
			letter = vowels[d.chance.IntN(len(vowels))]
		}
		if r >= 'A' && r <= 'Z' {
			letter -= 'a' - 'A'
		}
		b.WriteByte(letter)
	}
	return b.String()
}

// says tells what can say something of marks and blanks.
func says(r rune) bool {
	return r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || unicode.Is(unicode.So, r))
}

// utf8Self is the first rune that is more than one byte in UTF-8.
const utf8Self = 0x80
