package simulate

import (
	"bytes"
	"fmt"
	"html"
	"net"
	"net/http"
	"strings"
	"time"
)

// status is one post, with the word whether it is a favourite.
func (s *Sim) status(c *call, id string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for list, set := range map[string][]like{Mastodon: c.account.likes, "": c.account.old} {
		for _, l := range set {
			if s.itemID(c.account, l) == id && !l.gone {
				rep := &reply{status: http.StatusOK, header: http.Header{}}
				var b bytes.Buffer
				s.writeStatus(&b, c, l, list)
				rep.body = b.Bytes()
				rep.header.Set("Content-Type", "application/json; charset=utf-8")
				return rep
			}
		}
	}
	return mastodon{}.message(http.StatusNotFound, "Record not found")
}

// writeStatus writes a post as Mastodon does: its text as HTML, its author from
// this server or another. in is the list that it stands in, "" for none.
func (s *Sim) writeStatus(b *bytes.Buffer, c *call, l like, in string) {
	t, id := s.post(c.account, l.k), s.itemID(c.account, l)
	servers := []string{"", "garden.example", "fedi.example", "letters.example"}
	home := servers[t.author.n%uint64(len(servers))]
	user, origin := t.author.login(), publicOrigin(c.r, "social.example")
	acct, profile, address := user, origin+"/@"+user, origin+"/@"+user+"/"+id
	if home != "" {
		acct, profile, address = user+"@"+home, "https://"+home+"/@"+user, "https://"+home+"/@"+user+"/"+id
	}
	content := "<p>" + html.EscapeString(t.text)
	var tags []map[string]string
	for _, tag := range t.tags {
		name := strings.ReplaceAll(tag, "-", "")
		content += fmt.Sprintf(` <a href="%s/tags/%s" class="mention hashtag" rel="tag">#<span>%s</span></a>`, origin, name, name)
		tags = append(tags, map[string]string{"name": name, "url": origin + "/tags/" + name})
	}
	content += "</p>"
	if tags == nil {
		tags = []map[string]string{}
	}
	visibility := "public"
	if t.private {
		visibility = "private"
	}
	encoded := string(jsonReply(0, tags).body)
	created := time.UnixMilli(l.created).UTC().Format("2006-01-02T15:04:05.000Z")
	fmt.Fprintf(b, `{"id":%q,"created_at":%q,"in_reply_to_id":null,"in_reply_to_account_id":null,"sensitive":false,"spoiler_text":"","visibility":%q,"language":%q,`, id, created, visibility, t.language)
	fmt.Fprintf(b, `"uri":%s,"url":%s,"replies_count":%d,"reblogs_count":%d,"favourites_count":%d,"edited_at":null,"favourited":%t,"reblogged":false,"muted":false,"bookmarked":%t,`,
		quote(profile+"/statuses/"+id), quote(address), t.count/11, t.count/4, t.count, in == Mastodon, in == MastodonBookmarks)
	fmt.Fprintf(b, `"content":%s,"filtered":[],"reblog":null,"application":{"name":"Web","website":null},`, quote(content))
	fmt.Fprintf(b, `"account":{"id":"%d","username":%q,"acct":%q,"display_name":%s,"locked":false,"bot":false,"discoverable":true,"group":false,"created_at":"2019-03-01T00:00:00.000Z","note":"<p>Hello.</p>","url":%s,"uri":%s,"avatar":%s,"avatar_static":%s,"header":"","header_static":"","followers_count":%d,"following_count":40,"statuses_count":900,"last_status_at":%q,"emojis":[],"fields":[]},`,
		109_000_000_000_000_000+t.author.n%1_000_000_000_000, user, acct, quote(t.author.full()), quote(profile), quote(profile),
		quote(profile+"/avatar.png"), quote(profile+"/avatar.png"), t.count*3, created[:10])
	fmt.Fprintf(b, `"media_attachments":[],"mentions":[],"tags":%s,"emojis":[],"card":null,"poll":null}`, encoded)
}

// publicOrigin is the origin in the addresses of pages for people: a server may
// be reached by an address, and then has the name that it is known by.
func publicOrigin(r *http.Request, name string) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if net.ParseIP(host) != nil || host == "localhost" {
		return "https://" + name
	}
	return originOf(r)
}
