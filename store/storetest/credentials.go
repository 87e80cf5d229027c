package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"collector/auth"
	"collector/store"
)

var credentials = []promise{
	{"CredentialIsSavedByVersion", credentialCAS},
	{"CredentialIsSavedByOneOfMany", credentialRace},
	{"CredentialsAreReadByManyAtOnce", credentialsRead},
	{"CredentialsAreListedInOrder", credentialsListed},
	{"RefreshIsTakenByOneOfMany", refreshRace},
	{"RefreshEndsByTimeOrByItsOwner", refreshEnds},
}

func credentialCAS(k *kit) {
	a := k.account("me", "github")
	k.noCredential(a.ID)
	r := auth.Record{Account: a.ID, KeyID: "key1", Sealed: []byte{0, 1, 2, 255}}
	wrong := r
	wrong.Version = 3
	k.is(k.a.SaveCredential(k.ctx, wrong), auth.ErrConflict, "saving over a version that never was")
	k.must(k.a.SaveCredential(k.ctx, r))
	k.is(k.b.SaveCredential(k.ctx, r), auth.ErrConflict, "saving a first credential twice")
	got, err := k.b.Credential(k.ctx, a.ID)
	k.must(err)
	r.Version = 1
	k.same(got, r, "the credential")
	r.Sealed, r.KeyID = []byte("second"), "key2"
	k.must(k.b.SaveCredential(k.ctx, r))
	k.is(k.a.SaveCredential(k.ctx, r), auth.ErrConflict, "saving over an older version")
	got, err = k.a.Credential(k.ctx, a.ID)
	k.must(err)
	r.Version = 2
	k.same(got, r, "the second credential")
	got.Sealed[0] = 'X'
	got, err = k.a.Credential(k.ctx, a.ID)
	k.must(err)
	k.same(string(got.Sealed), "second", "the store shares no memory with its caller")
}

func credentialRace(k *kit) {
	a := k.account("me", "github")
	k.credential(a.ID)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 32 {
		s := []store.Store{k.a, k.b}[i%2]
		wg.Go(func() {
			err := s.SaveCredential(k.ctx, auth.Record{Account: a.ID, Version: 1, KeyID: "k", Sealed: fmt.Append(nil, i)})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, auth.ErrConflict) {
				k.Errorf("saving: %v", err)
			}
		})
	}
	wg.Wait()
	got, err := k.a.Credential(k.ctx, a.ID)
	k.must(err)
	k.same([]int64{won.Load(), got.Version}, []int64{1, 2}, "winners and version")
}

func credentialsRead(k *kit) {
	none := k.account("me", "github")
	var wants []auth.Record
	for i := range 16 {
		a := k.account("me", "github")
		k.must(k.a.SaveCredential(k.ctx, auth.Record{Account: a.ID, KeyID: "k", Sealed: fmt.Append(nil, "of ", i)}))
		wants = append(wants, auth.Record{Account: a.ID, Version: 1, KeyID: "k", Sealed: fmt.Append(nil, "of ", i)})
	}
	var wg sync.WaitGroup
	for j := range 8 * len(wants) { // of all accounts at once
		want, s := wants[j%len(wants)], []store.Store{k.a, k.b}[j/len(wants)%2]
		wg.Go(func() {
			got, err := s.Credential(k.ctx, want.Account)
			k.is(err, nil, "reading one of many credentials")
			k.same(got, want, "the credential of one of many accounts")
			clear(got.Sealed) // it is the caller's own
			_, err = s.Credential(k.ctx, none.ID)
			k.is(err, auth.ErrNone, "reading a credential that is not there")
		})
	}
	wg.Wait()
}

func credentialsListed(k *kit) {
	var accounts []string
	for range 5 {
		a := k.account("me", "github")
		k.credential(a.ID)
		accounts = append(accounts, a.ID)
	}
	var got []string
	after := ""
	for range 4 {
		rs, err := k.b.Credentials(k.ctx, after, 2)
		k.must(err)
		if len(rs) > 2 {
			k.Errorf("asked for 2, got %d", len(rs))
		}
		for _, r := range rs {
			got = append(got, r.Account)
			after = r.Account
		}
	}
	k.same(list(got), list(accounts), "all, two at a time")
}

func refreshRace(k *kit) {
	a := k.account("me", "bluesky")
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		s := []store.Store{k.a, k.b}[i%2]
		wg.Go(func() {
			ok, err := s.LeaseRefresh(k.ctx, a.ID, fmt.Sprint("owner", i), at(0), at(minute))
			if err != nil {
				k.Errorf("leasing: %v", err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	k.same(won.Load(), 1, "who may refresh")
}

func refreshEnds(k *kit) {
	a, other := k.account("me", "bluesky"), k.account("me", "bluesky")
	take := func(account, owner string, now time.Time) bool {
		k.Helper()
		ok, err := k.a.LeaseRefresh(k.ctx, account, owner, now, now.Add(minute))
		k.must(err)
		return ok
	}
	k.same([]bool{take(a.ID, "one", at(0)), take(a.ID, "two", at(0)), take(other.ID, "two", at(0))}, []bool{true, false, true}, "one an account")
	k.same(take(a.ID, "two", at(minute-time.Millisecond)), false, "1 ms before its end")
	k.same(take(a.ID, "two", at(minute)), true, "at its end")
	k.must(k.b.EndRefresh(k.ctx, a.ID, "one")) // late: it is not one's any more
	k.same(take(a.ID, "three", at(minute)), false, "after a late end by another owner")
	k.must(k.b.EndRefresh(k.ctx, a.ID, "two"))
	k.same(take(a.ID, "three", at(minute)), true, "after the end by its owner")
}
