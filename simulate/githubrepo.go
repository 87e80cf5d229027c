package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// slice returns a page of an account's list and the length of the list. Rows
// are counted from the newest, or from the oldest. The lock is held.
func (s *Sim) slice(c *call, from, n int, oldest bool) (page []like, total int) {
	if c.invent > 0 {
		for i := range n {
			l := like{k: uint32(c.invent + i), at: c.at.UnixMilli() - int64(i)}
			l.created = l.at - 60_000
			page = append(page, l)
		}
		return page, from + 10*n
	}
	all := c.account.likes
	total = len(all)
	for i := from; i < min(from+n, total); i++ {
		if oldest {
			page = append(page, all[i])
		} else {
			page = append(page, all[total-1-i])
		}
	}
	return page, total
}

// starCheck answers whether one repository is starred: 204 or 404.
func (s *Sim) starCheck(a *account, fullName string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range a.likes {
		t := s.repository(a, l.k)
		if strings.EqualFold(t.author.login()+"/"+t.title, fullName) {
			return empty(http.StatusNoContent)
		}
	}
	return github{}.message(http.StatusNotFound, "Not Found")
}

// writeRepo writes a repository as GitHub does, its many addresses included, so
// that a page weighs about what a real one does.
func (s *Sim) writeRepo(b *bytes.Buffer, a *account, l like) {
	t := s.repository(a, l.k)
	login, id := t.author.login(), repoNumber(a, l.k)
	full := login + "/" + t.title
	owner, api := s.person(t.author.n), "https://api.github.com/repos/"+full
	stamp := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
	fmt.Fprintf(b, `{"id":%d,"node_id":"R_%d","name":%s,"full_name":%s,"private":%t,`, id, id, quote(t.title), quote(full), t.private)
	ownerID := 5_000_000 + owner.n%90_000_000
	fmt.Fprintf(b, `"owner":{"login":%q,"id":%d,"node_id":"U_%d","avatar_url":"https://avatars.githubusercontent.com/u/%d?v=4","gravatar_id":"","url":"https://api.github.com/users/%s","html_url":"https://github.com/%s","repos_url":"https://api.github.com/users/%s/repos","type":"User","site_admin":false},`,
		login, ownerID, ownerID, ownerID, login, login, login)
	fmt.Fprintf(b, `"html_url":"https://github.com/%s","description":%s,"fork":false,"url":%q,`, full, quote(t.text), api)
	for _, u := range s.words.addresses {
		if s.opt.Brief {
			break
		}
		b.WriteString(u[0])
		b.WriteString(api)
		b.WriteString(u[1])
	}
	fmt.Fprintf(b, `"created_at":%q,"updated_at":%q,"pushed_at":%q,"homepage":null,"size":%d,"stargazers_count":%d,"watchers_count":%d,`,
		stamp(l.created), stamp(l.at), stamp(l.at), 100+t.count%5000, t.count, t.count)
	language := quote(t.language)
	if t.count%17 == 0 {
		language = "null"
	}
	tags, err := json.Marshal(t.tags)
	if err != nil || t.tags == nil {
		tags = []byte("[]")
	}
	fmt.Fprintf(b, `"language":%s,"has_issues":true,"has_projects":true,"has_downloads":true,"has_wiki":true,"has_pages":false,"has_discussions":false,`+
		`"forks_count":%d,"mirror_url":null,"archived":%t,"disabled":false,"open_issues_count":%d,`+
		`"license":{"key":"mit","name":"MIT License","spdx_id":"MIT","url":"https://api.github.com/licenses/mit","node_id":"MDc6TGljZW5zZTEz"},`+
		`"allow_forking":true,"is_template":false,"topics":%s,"visibility":%q,"forks":%d,"open_issues":%d,"watchers":%d,"default_branch":"main"}`,
		language, t.count/9, t.count%23 == 0, t.count%31, tags, visibility(t.private), t.count/9, t.count%31, t.count)
}

// addresses are the beginnings and ends of the many addresses of a repository.
func addresses() (out [][2]string) {
	const table = `forks forks, keys keys{/key_id}, collaborators collaborators{/collaborator}, teams teams, hooks hooks,
		issue_events issues/events{/number}, events events, assignees assignees{/user}, branches branches{/branch}, tags tags,
		blobs git/blobs{/sha}, git_tags git/tags{/sha}, git_refs git/refs{/sha}, trees git/trees{/sha}, statuses statuses/{sha},
		languages languages, stargazers stargazers, contributors contributors, subscribers subscribers, subscription subscription,
		commits commits{/sha}, git_commits git/commits{/sha}, comments comments{/number}, issue_comment issues/comments{/number},
		contents contents/{+path}, compare compare/{base}...{head}, merges merges, archive {archive_format}{/ref},
		downloads downloads, issues issues{/number}, pulls pulls{/number}, milestones milestones{/number},
		notifications notifications{?since&all&participating}, labels labels{/name}, releases releases{/id}, deployments deployments`
	for row := range strings.SplitSeq(table, ",") {
		if name, path, ok := strings.Cut(strings.TrimSpace(row), " "); ok {
			out = append(out, [2]string{`"` + name + `_url":"`, "/" + strings.ReplaceAll(path, "&", ",") + `",`})
		}
	}
	return out
}

func visibility(private bool) string {
	if private {
		return "private"
	}
	return "public"
}

// quote writes a text as JSON.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(b)
}

// githubToken is POST github.com/login/oauth/access_token with the refresh
// grant: the old refresh token can be used once, and an error comes as 200.
func (s *Sim) githubToken(c *call) *reply {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
		fields := map[string]string{}
		_ = json.Unmarshal(c.body, &fields) // what is not there is refused below
		form = url.Values{}
		for k, v := range fields {
			form.Set(k, v)
		}
	}
	refuse := func(code, text string) *reply {
		return jsonReply(http.StatusOK, map[string]string{"error": code, "error_description": text, "error_uri": "https://docs.github.com"})
	}
	if form.Get("grant_type") != "refresh_token" {
		return refuse("unsupported_grant_type", "The grant_type is not supported.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := form.Get("refresh_token")
	cred := s.byToken[token]
	if cred == nil || cred.revoked || cred.refresh != token || form.Get("client_id") == "" {
		if cred != nil && cred.refresh != token {
			c.cred, c.account = cred, cred.account
			s.violate(c, Reused, "%s refreshed by a token that was replaced before", cred.label)
			c.cred, c.account = nil, nil
		}
		return refuse("bad_refresh_token", "The refresh token passed is incorrect or expired.")
	}
	p := s.rotate(cred, s.now())
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": p.access, "expires_in": int(cred.ends[p.access].Sub(s.now()).Seconds()),
		"refresh_token": p.refresh, "refresh_token_expires_in": 15_811_200, "token_type": "bearer", "scope": "",
	})
}
