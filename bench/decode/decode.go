// Package decode measures what it costs to make items of a page: the connector
// of GitHub, from the bytes of a full page to checked items, beside a bare
// json.Unmarshal of the standard library into the same fields and nothing more.
package decode

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"collector/bench/figure"
	"collector/connectors"
	"collector/connectors/github"
	"collector/simulate"
)

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "decode", What: "a full page of GitHub becomes items", Do: decode},
	}
}

// star has the fields that the connector reads.
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

const objects = 100

// Page makes a full page as GitHub sends it.
func Page(ctx context.Context, seed uint64) (connectors.Reply, error) {
	s := simulate.New(simulate.Options{Seed: seed})
	a, err := s.AddAccount(simulate.Spec{Service: simulate.GitHub, Name: "ada", Likes: objects})
	if err != nil {
		return connectors.Reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.github.com/user/starred?sort=created&direction=desc&per_page=100&page=1", nil)
	if err != nil {
		return connectors.Reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+a.Tokens[0])
	req.Header.Set("Accept", "application/vnd.github.star+json")
	got, err := s.Transport().RoundTrip(req)
	if err != nil {
		return connectors.Reply{}, fmt.Errorf("asking for a page: %w", err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return connectors.Reply{}, fmt.Errorf("asking for a page: %w", err)
	}
	return connectors.Reply{Status: got.StatusCode, Header: got.Header, Body: body, Origin: "https://api.github.com"}, nil
}

func decode(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	reply, err := Page(ctx, r.Seed)
	if err != nil {
		return nil, err
	}
	// Many short pairs: what else runs on the machine disturbs both alike.
	pairs, each := 15*r.Repeats, 20
	if r.Short {
		pairs, each = 1, 1
	}
	conn := github.New()
	var ours, floor []float64
	for range pairs {
		took, err := timed(each, func() error {
			page, err := conn.Parse(connectors.Query{PageSize: objects}, reply)
			if err == nil && len(page.Items) != objects {
				err = fmt.Errorf("%d items of %d", len(page.Items), objects)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		bare, err := timed(each, func() error {
			var stars []star
			err := json.Unmarshal(reply.Body, &stars)
			if err == nil && len(stars) != objects {
				err = fmt.Errorf("%d objects of %d", len(stars), objects)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		ours, floor = append(ours, took), append(floor, bare)
	}
	return []figure.Figure{{
		Name: "decode/github", Unit: "ms", Ours: figure.Median(ours), Floor: figure.Median(floor), Limit: 0.35, Repeats: pairs,
		Against: "encoding/json.Unmarshal into the same fields", Note: fmt.Sprintf("decoded, mapped and checked; a page of %d kB", len(reply.Body)/1000),
	}}, nil
}

// timed returns how many milliseconds one call takes.
func timed(times int, fn func() error) (float64, error) {
	start := time.Now()
	for range times {
		if err := fn(); err != nil {
			return 0, err
		}
	}
	return time.Since(start).Seconds() * 1e3 / float64(times), nil
}
