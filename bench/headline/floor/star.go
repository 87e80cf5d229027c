package main

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/goccy/go-json"

	"collector/item"
	"collector/search"
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

// times are when the repository was liked and made.
func (s star) times() (liked, made time.Time, err error) {
	if liked, err = time.Parse(time.RFC3339, s.StarredAt); err != nil {
		return liked, made, fmt.Errorf("reading a like time: %w", err)
	}
	if made, err = time.Parse(time.RFC3339, s.Repo.CreatedAt); err != nil {
		return liked, made, fmt.Errorf("reading a time: %w", err)
	}
	return liked, made, nil
}

// hash tells whether what is stored of the item has changed; tags are its topics as
// text.
func (s star) hash(tags string) int64 {
	h := fnv.New64a()
	for _, text := range []string{s.StarredAt, s.Repo.FullName, s.Repo.HTMLURL, s.Repo.Description, s.Repo.Language, tags, s.Repo.Owner.Login, s.Repo.Owner.AvatarURL} {
		_, _ = h.Write([]byte(text))
	}
	return int64(h.Sum64())
}

// values appends the columns of a row, in the order of the statement.
func (s star) values(into []any, net int64) ([]any, error) {
	liked, made, err := s.times()
	if err != nil {
		return nil, err
	}
	tags := ""
	if len(s.Repo.Topics) > 0 {
		b, err := json.Marshal(s.Repo.Topics)
		if err != nil {
			return nil, err
		}
		tags = string(b)
	}
	r, o := s.Repo, s.Repo.Owner
	return append(into, net, strconv.FormatInt(r.ID, 10), liked.UnixMilli(), s.hash(tags), r.Private, made.UnixMilli(),
		r.HTMLURL, r.FullName, o.Login, o.HTMLURL, o.AvatarURL, tags, r.Language, r.Description), nil
}

// words are the words under which the product finds the item.
func (s star) words() []string {
	r := s.Repo
	return search.ItemWords(item.Item{URL: r.HTMLURL, Title: r.FullName, Text: r.Description, Author: item.Author{Name: r.Owner.Login}, Tags: r.Topics})
}
