package main

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/goccy/go-json"
)

// star is what is wanted of an object of GitHub's list: the fields that the
// connector maps.
type star struct {
	StarredAt string `json:"starred_at"`
	Repo      struct {
		ID          int64    `json:"id"`
		FullName    string   `json:"full_name"`
		HTMLURL     string   `json:"html_url"`
		Description string   `json:"description"`
		CreatedAt   string   `json:"created_at"`
		Language    string   `json:"language"`
		Topics      []string `json:"topics"`
		Private     bool     `json:"private"`
		Owner       struct {
			Login     string `json:"login"`
			HTMLURL   string `json:"html_url"`
			AvatarURL string `json:"avatar_url"`
		} `json:"owner"`
	} `json:"repo"`
}

func decode(body []byte) ([]star, error) {
	var out []star
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("decoding a page: %w", err)
	}
	return out, nil
}

// values appends the columns of a row, in the order of the statement.
func (s star) values(into []any, net int64) ([]any, error) {
	liked, err := time.Parse(time.RFC3339, s.StarredAt)
	if err != nil {
		return nil, fmt.Errorf("reading a like time: %w", err)
	}
	made, err := time.Parse(time.RFC3339, s.Repo.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("reading a time: %w", err)
	}
	tags := ""
	if len(s.Repo.Topics) > 0 {
		b, err := json.Marshal(s.Repo.Topics)
		if err != nil {
			return nil, err
		}
		tags = string(b)
	}
	h := fnv.New64a()
	for _, text := range []string{s.StarredAt, s.Repo.FullName, s.Repo.HTMLURL, s.Repo.Description, s.Repo.Language, tags, s.Repo.Owner.Login, s.Repo.Owner.AvatarURL} {
		_, _ = h.Write([]byte(text))
	}
	r, o := s.Repo, s.Repo.Owner
	return append(into, net, strconv.FormatInt(r.ID, 10), liked.UnixMilli(), int64(h.Sum64()), r.Private, made.UnixMilli(),
		r.HTMLURL, r.FullName, o.Login, o.HTMLURL, o.AvatarURL, tags, r.Language, r.Description), nil
}
