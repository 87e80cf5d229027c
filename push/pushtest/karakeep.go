package pushtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Karakeep plays Karakeep (docs.karakeep.app, "API"). A POST of a link that is there, sign by
// sign, answers 200 with it; unless it came by an import, that one is moved to the top. Only
// check-url disregards a slash at the end, and what stands behind #.
type Karakeep struct{ Server }

func exact(address string) string { return address }

func loose(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return strings.TrimRight(address, "/")
}

type karakeepTag struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type karakeepView struct {
	ID      string        `json:"id"`
	Created string        `json:"createdAt"`
	Title   string        `json:"title"`
	Note    string        `json:"note"`
	Tags    []karakeepTag `json:"tags"`
	Content struct {
		URL string `json:"url"`
	} `json:"content"`
}

func viewOf(b *Bookmark) karakeepView {
	v := karakeepView{ID: b.ID, Created: b.Created, Title: b.Title, Note: b.Note, Tags: []karakeepTag{}}
	v.Content.URL = b.URL
	for _, t := range b.Tags {
		v.Tags = append(v.Tags, karakeepTag{"t-" + t, t})
	}
	return v
}

func (k *Karakeep) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.enter(r, "Bearer") {
		refuse(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	id, tags := strings.CutSuffix(r.URL.Path, "/tags")
	switch {
	case r.Method == "GET" && r.URL.Path == "/api/v1/users/me":
		answer(w, 200, map[string]any{"id": "u1", "name": "ada", "email": "ada@example.org"})
	case r.Method == "GET" && r.URL.Path == "/api/v1/bookmarks/check-url":
		out := map[string]any{"bookmarkId": nil}
		if b := k.find(r.URL.Query().Get("url"), loose); b != nil {
			out["bookmarkId"] = b.ID
		}
		answer(w, 200, out)
	case r.Method == "GET" && strings.HasPrefix(id, bookmarks):
		k.one(w, strings.TrimPrefix(id, bookmarks))
	case r.Method == "POST" && r.URL.Path == "/api/v1/bookmarks":
		k.create(w, r)
	case r.Method == "POST" && tags:
		k.attach(w, r, strings.TrimPrefix(id, bookmarks))
	default:
		refuse(w, http.StatusNotFound, "Not found")
	}
}

const bookmarks = "/api/v1/bookmarks/"

func (k *Karakeep) one(w http.ResponseWriter, id string) {
	for _, b := range k.kept {
		if b.ID == id {
			answer(w, http.StatusOK, viewOf(b))
			return
		}
	}
	refuse(w, http.StatusNotFound, "Bookmark not found")
}

func (k *Karakeep) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type     string  `json:"type"`
		URL      string  `json:"url"`
		Title    *string `json:"title"`
		Note     string  `json:"note"`
		Created  string  `json:"createdAt"`
		Source   string  `json:"source"`
		Priority string  `json:"crawlPriority"`
	}
	if err := decode(r, &in); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	title := ""
	if in.Title != nil {
		title = *in.Title
	}
	_, err := time.Parse(time.RFC3339Nano, in.Created)
	if in.Type != "link" || !isWeb(in.URL) || units(title) > 1000 || in.Created != "" && err != nil || strings.Contains(in.URL, "refuse-me") {
		refuse(w, http.StatusBadRequest, "Invalid input; you sent "+r.Header.Get("Authorization"))
		return
	}
	if b := k.find(in.URL, exact); b != nil {
		if in.Source != "import" {
			k.Touched++
		}
		answer(w, http.StatusOK, viewOf(b))
		return
	}
	b := &Bookmark{ID: "b/" + strconv.Itoa(len(k.kept)+1), URL: in.URL, Title: title, Note: in.Note, Created: in.Created}
	k.kept = append(k.kept, b)
	answer(w, http.StatusCreated, viewOf(b))
}

func (k *Karakeep) attach(w http.ResponseWriter, r *http.Request, id string) {
	var in struct {
		Tags []struct {
			Name string `json:"tagName"`
		} `json:"tags"`
	}
	if err := decode(r, &in); err != nil || len(in.Tags) == 0 {
		refuse(w, http.StatusBadRequest, "tags")
		return
	}
	for _, b := range k.kept {
		if b.ID != id {
			continue
		}
		if !strings.Contains(b.Note, ", liked ") {
			k.Touched++
		}
		for _, t := range in.Tags {
			b.Tags = append(b.Tags, t.Name)
		}
		answer(w, 200, map[string]any{"attached": []string{}})
		return
	}
	refuse(w, http.StatusNotFound, "Bookmark not found")
}
