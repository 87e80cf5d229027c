package storetest_test

import (
	"context"
	"time"

	"collector/state"
	"collector/store"
)

// saboteur breaks one promise of a store.
type saboteur struct {
	name    string
	promise string // the test that must notice
	breaks  string
	hire    func(store.Store) store.Store
}

var saboteurs = []saboteur{
	{"unfenced-commit", "LateHolderChangesNothing", "a commit needs no lease", func(s store.Store) store.Store { return unfenced{s} }},
	{"unfenced-release", "LateHolderChangesNothingAfterARelease", "a release needs no lease", func(s store.Store) store.Store { return unfencedRelease{s} }},
	{"claim-shared", "ClaimGivesEachNetworkOnce", "a claim is given to two", func(s store.Store) store.Store { return &claimShared{Store: s} }},
	{"claim-early", "ClaimKnowsTheExactBoundaryOfDue", "a claim comes 1 ms early", claims(func(c *state.Claim) { c.Now = c.Now.Add(time.Millisecond) })},
	{"claim-without-caps", "ClaimKeepsCapsAndSkipsAbsentServices", "caps are not kept", claims(func(c *state.Claim) { c.Services = map[string]int{"github": 9, "mastodon": 9, "bluesky": 9} })},
	{"claim-trusts-clocks", "ClaimTakesAWrongClockForPast", "a far lease end is believed", claims(func(c *state.Claim) { c.Until = c.Until.Add(24 * time.Hour) })},
	{"part-ignored", "ClaimOfAPartTakesItsUsersOnly", "a part claims for all users", claims(func(c *state.Claim) { c.Shard = state.Shard{} })},
	{"one-over-a-lease", "ClaimOfOneNetworkRespectsALease", "who asks for one network gets it from whoever works on it", claims(func(c *state.Claim) {
		if c.Network != "" {
			c.Now, c.Until = c.Now.Add(time.Hour), c.Until.Add(time.Hour)
		}
	})},
	{"left-owner-kept", "FreeOwnerMakesDueAtOnce", "the leases of who left run out by themselves", func(s store.Store) store.Store { return patient{s} }},
	{"wrong-clock-believed", "SetRightWakesWhatAWrongClockPutOff", "what a wrong clock put off sleeps on", func(s store.Store) store.Store { return sleepsOn{s} }},
	{"commit-not-cancelled", "CancelledContextWritesNothing", "a cancelled commit is stored", commits(func(ctx context.Context, s store.Store, l state.Lease, p state.Page) (state.Committed, error) {
		return s.Commit(context.WithoutCancel(ctx), l, p)
	})},
	{"commit-in-parts", "FailingPartWritesNothing", "what precedes a failing item is stored", commits(inParts)},
	{"commit-goes-back", "CommitNeverGoesBackInTime", "an older observation overwrites a newer one", commits(func(ctx context.Context, s store.Store, l state.Lease, p state.Page) (state.Committed, error) {
		p.ObservedAt = time.Date(3000, time.January, 1, 0, 0, 0, 0, time.UTC)
		return s.Commit(ctx, l, p)
	})},
	{"commit-empties", "CommitOfABareItemEmptiesNothing", "a bare observation empties an item", commits(func(ctx context.Context, s store.Store, l state.Lease, p state.Page) (state.Committed, error) {
		for i := range p.Items {
			p.Items[i].Bare = false
		}
		return s.Commit(ctx, l, p)
	})},
	{"progress-first", "FailingPartWritesNothing", "the progress is stored without the items", commits(progressFirst)},
	{"known-too-early", "KnownIsAnEarlierWalk", "this walk's own items are known", func(s store.Store) store.Store { return knownEarly{s} }},
	{"pause-overwritten", "PauseDuringARunSurvivesTheRelease", "a release takes a pause back", func(s store.Store) store.Store { return unpausing{s} }},
	{"wish-lost", "WishSyncDuringARunIsDueAtOnceAfterIt", "a wish during a run is lost", func(s store.Store) store.Store { return deaf{s} }},
	{"renews-all", "RenewMovesOwnLiveLeasesOnly", "leases of others are renewed", func(s store.Store) store.Store { return renewsAll{s} }},
	{"any-person", "LearnRefusesAnotherPerson", "another person's credential is taken", func(s store.Store) store.Store { return anyPerson{s} }},
	{"search-for-all", "SearchShowsOneUserOnly", "a search shows everybody's items", searches(func(q *store.Query) { q.User = "" })},
	{"phrase-as-words", "SearchMeansWhatMatchMeans", "a phrase's words may stand anywhere", searches(func(q *store.Query) { q.Expr = loosen(q.Expr) })},
	{"by-date", "SearchFindsTheBestFirst", "a search shows the newest first although the best were asked for", searches(func(q *store.Query) { q.Order = store.Newest })},
	{"ranks-anew", "SearchPagesOfTheBestStay", "the next page of the best begins at the top", searches(func(q *store.Query) { q.After = "" })},
	{"no-paging", "SearchPagesStayWhileItemsAreAdded", "the next page begins at the top", searches(func(q *store.Query) { q.After = "" })},
	{"facets-for-all", "FacetsAreOfOneUser", "facets count everybody's items", facets(func(q *store.Query, _ *int) { q.User = "" })},
	{"facets-of-everything", "FacetsCountWhatASearchFinds", "facets count what was not asked for", facets(func(q *store.Query, _ *int) { q.Expr = nil })},
	{"facets-without-end", "FacetsOfManyAreOfTheNewest", "facets count everything, however much there is", facets(func(_ *store.Query, most *int) { *most = 0 })},
	{"days-for-all", "LikeDaysAreOfOneUser", "the likes of a day are everybody's", likeDays(func(user *string, _ *time.Time, _ *int) { *user = "" })},
	{"days-too-far", "LikeDaysCountEachLikeOnItsDay", "likes are counted from a later moment of the day on", likeDays(func(_ *string, from *time.Time, _ *int) { *from = from.Add(24 * time.Hour) })},
	{"days-without-end", "LikeDaysOfManyAreTheNewestWholeOnes", "all days are counted, however many likes there are", likeDays(func(_ *string, _ *time.Time, most *int) { *most = 0 })},
	{"changes-skipped", "ChangesAreExactlyTheDifferences", "a reader steps over a change", func(s store.Store) store.Store { return skipping{s} }},
	{"changes-of-all", "ChangesAreTheUsersOwn", "the log shows everybody's changes", func(s store.Store) store.Store { return gossiping{s} }},
	{"counts-of-all", "CountsOfChangesAreTheUsersOwn", "the counts of the log are of everybody's changes", func(s store.Store) store.Store { return gossiping{s} }},
	{"counts-from-the-end", "ChangesAreCountedFromTheNewestOn", "the counts of the log are of the newest changes whatever is asked", func(s store.Store) store.Store { return forgetful{s} }},
	{"purge-keeps", "RemoveWithPurgeLeavesNothing", "a purge keeps the items", func(s store.Store) store.Store { return keeping{s} }},
	{"credential-overwritten", "CredentialIsSavedByOneOfMany", "a newer credential is overwritten", func(s store.Store) store.Store { return blind{s} }},
	{"refresh-by-all", "RefreshIsTakenByOneOfMany", "everybody may refresh", func(s store.Store) store.Store { return generous{s} }},
	{"quota-race", "QuotasAreUpdatedByOneAtATime", "quotas are read and written in two steps", func(s store.Store) store.Store { return twoSteps{s} }},
	{"quota-on-error", "QuotasSaveNothingOnAnError", "quotas are saved on an error", func(s store.Store) store.Store { return careless{s} }},
	{"swapped-blindly", "MetaIsSwappedByOneOfMany", "a value is swapped whatever it is", func(s store.Store) store.Store { return swapping{s} }},
	{"fill-miscounted", "AnyHistoryGivesWhatTheReferenceGives", "a fill of an unknown id counts", func(s store.Store) store.Store { return miscounting{s} }},
}
