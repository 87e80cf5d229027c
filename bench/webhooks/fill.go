package webhooks

import (
	"context"
	"fmt"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// User is whose items Fill stores.
const User = "bench"

const pageSize = 100

// Fill stores n items, in pages that a poll has found, of an account and a network of their
// own, which stay claimed for an hour and are not due for a day.
func Fill(ctx context.Context, st store.Store, n int) error {
	now := time.Now()
	err := st.AddAccount(ctx, state.Account{ID: User, User: User, Provider: User, Name: User, RemoteID: "1", CreatedAt: now})
	if err == nil {
		err = st.AddNetworks(ctx, []state.Network{{ID: User, AccountID: User, User: User, Service: User, Provider: User, Account: User, RemoteID: "1", CreatedAt: now}})
	}
	if err != nil {
		return fmt.Errorf("adding a network to fill: %w", err)
	}
	got, err := st.Claim(ctx, state.Claim{
		Mode: state.Initial, Owner: User, Now: now.Add(time.Second), Until: now.Add(time.Hour), N: 1, Services: map[string]int{User: 1},
	})
	if err != nil || len(got) != 1 {
		return fmt.Errorf("claiming the network to fill: %d, %w", len(got), err)
	}
	after := got[0].Progress
	after.ScheduledTo = now.Add(24 * time.Hour)
	for page := 0; n > 0; page++ {
		p := state.Page{ID: fmt.Sprintf("%s/1/%d", User, page), Kind: "poll", Walk: 1, ObservedAt: now.Add(time.Duration(page) * time.Millisecond), After: after}
		for i := range min(n, pageSize) {
			id := fmt.Sprintf("%d-%d", page, i)
			p.Items = append(p.Items, item.Item{
				ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "one of many likes",
				Text: "What was liked has a text of some words, as most of what people like has.", LikedAt: now, LikedFrom: item.FromAPI,
			})
		}
		if _, err := st.Commit(ctx, got[0].Lease, p); err != nil {
			return fmt.Errorf("filling: %w", err)
		}
		n -= len(p.Items)
	}
	return nil
}
