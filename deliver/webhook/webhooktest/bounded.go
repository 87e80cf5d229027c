package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"collector/deliver/webhook"
)

// gathered is a store whose puts wait for each other, so that all who put have looked
// before.
type gathered struct {
	webhook.Store
	all *sync.WaitGroup
	put *bool
}

func (g gathered) Put(ctx context.Context, r webhook.Record) (int64, error) {
	*g.put = true
	g.all.Done()
	g.all.Wait()
	return g.Store.Put(ctx, r)
}

// bounded: however many are added for a user at once, over both handles, no more than
// webhook.Most are there, of these all that were said to be, and others have their own.
func bounded(k *kit) {
	add := func(s webhook.Store, id, user string) error {
		return webhook.Add(k.ctx, s, webhook.Record{Endpoint: webhook.Endpoint{ID: id, User: user}})
	}
	var there []webhook.Record
	for i := range webhook.Most - 1 {
		there = append(there, webhook.Record{Endpoint: webhook.Endpoint{ID: fmt.Sprintf("wh_%03d", i), User: "anna"}, Version: 1})
	}
	k.must(k.one.Bring(k.ctx, there))
	const many = 8
	var meet, work sync.WaitGroup
	meet.Add(many)
	errs := make([]error, many)
	for i := range many {
		put := false
		s := gathered{[]webhook.Store{k.one, k.other}[i%2], &meet, &put}
		work.Go(func() {
			if errs[i] = add(s, fmt.Sprint("wh_late", i), "anna"); !put { // it did not come so far
				meet.Done()
			}
		})
	}
	work.Wait()
	added := 0
	for i, err := range errs {
		if err == nil {
			added++
		} else if !errors.Is(err, webhook.ErrMany) {
			k.Error(err)
		}
		if _, got := k.one.Get(k.ctx, fmt.Sprint("wh_late", i)); (got == nil) != (err == nil) {
			k.Errorf("the %d. was told %v, and it is there: %v", i, err, got)
		}
	}
	if added > 1 {
		k.Errorf("%d were added where one had room", added)
	}
	if added == 0 { // they saw each other
		k.must(add(k.one, "wh_last", "anna"))
	}
	if err := add(k.other, "wh_more", "anna"); !errors.Is(err, webhook.ErrMany) {
		k.Errorf("one more: %v", err)
	}
	k.unknown(k.one, "wh_more")
	k.must(add(k.other, "wh_bob", "bob"))
	k.must(k.one.Remove(k.ctx, "wh_000"))
	k.must(add(k.other, "wh_room", "anna"))
	if n, err := k.one.Count(k.ctx); n != webhook.Most+1 || err != nil {
		k.Errorf("%d are there, %v", n, err)
	}
}
