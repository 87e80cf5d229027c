package control

import (
	"context"
	"time"

	"collector/control/words"
	"collector/store"
)

// Item is one like as search --json and export print it. The fields are part of the
// interface.
type Item struct {
	User           string     `json:"user"`
	Service        string     `json:"service"`
	Network        string     `json:"network"`
	Account        string     `json:"account"`
	ID             string     `json:"id"`
	URL            string     `json:"url"`
	Title          string     `json:"title"`
	Text           string     `json:"text"`
	Author         Author     `json:"author"`
	Image          string     `json:"image"`
	Kind           string     `json:"kind"`
	Tags           []string   `json:"tags"`
	Language       string     `json:"language"`
	Private        bool       `json:"private"`
	CreatedAt      *time.Time `json:"createdAt"`
	LikedAt        *time.Time `json:"likedAt"`
	LikedAtSource  string     `json:"likedAtSource"`
	FirstSeenAt    *time.Time `json:"firstSeenAt"`
	RemovedAt      *time.Time `json:"removedAt"`
	RemovedBecause string     `json:"removedBecause"`
	Bare           bool       `json:"detailsMissing"`
}

// Author is who made what was liked.
type Author struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Avatar string `json:"avatar"`
}

// Mark begins the title of every item that leaves a simulated store, so that nobody
// takes it for a real one, wherever it goes.
const Mark = "[simulated] "

// ItemOf is a stored item as it leaves the store.
func ItemOf(it store.Liked, simulated bool) Item {
	e := Item{
		User: it.User, Service: it.Service, Network: it.Network, Account: it.Account,
		ID: it.ID, URL: it.URL, Title: it.Title, Text: it.Text,
		Author: Author{it.Author.Name, it.Author.URL, it.Author.Avatar}, Image: it.Image, Bare: it.Bare,
		Kind: it.Kind, Tags: some(it.Tags), Language: it.Language, Private: it.Private,
		CreatedAt: words.Stamp(it.CreatedAt), LikedAt: words.Stamp(it.LikedAt), LikedAtSource: string(it.LikedFrom),
		FirstSeenAt: words.Stamp(it.FirstSeenAt), RemovedAt: words.Stamp(it.RemovedAt), RemovedBecause: it.RemovedBecause,
	}
	if simulated {
		e.Title = Mark + e.Title
	}
	return e
}

// Items returns those items of a network that have one of the ids, removed ones too, in
// the order of the ids; what is not there is left out. It is how a reader of the change
// log gets what the log names.
func (p *Panel) Items(ctx context.Context, user, network string, ids []string) ([]Item, error) {
	n, err := Find(ctx, p.Store, user, network)
	if err != nil {
		return nil, err
	}
	found, err := p.Store.ByID(ctx, n.ID, ids)
	if err != nil {
		return nil, err
	}
	out := []Item{}
	for _, it := range found {
		out = append(out, ItemOf(it, p.Simulated))
	}
	return out, nil
}
