package mongo

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// On a replica set, pages of several networks that wait to be saved share one
// transaction, since its steps cost the server as much for one as for many. A page
// that does not fit in, or whose transaction came to nothing, is saved alone. No
// attempt is noted for it: a transaction that was not committed leaves nothing
// behind, and whoever takes a network over ends the sessions that the lease names.
//
// What the log holds of a page is taken off its network with what is written there
// next, its next page or its release: until then the network is in our hands.

const (
	groups    = 4 // transactions of a process at once: some compute while others wait for the disk
	groupMost = 8 // pages in one
)

// page is a page that is to be saved with others.
type page struct {
	ctx   context.Context
	lease state.Lease
	state.Page
	items []sighting
	key   string

	n     *network  // as it was
	noted time.Time // when it began to say there that it is being saved
	left  []entry   // to be published
	e     effect
	saved bool
	err   error // why it can not be said whether it was saved
}

// saveGrouped saves a page with those that wait as well, and tells whether it did.
func (s *Store) saveGrouped(ctx context.Context, p *page) (saved bool, err error) {
	if !s.replica || len(p.Items) > togetherMost || p.lease.Owner == "" || p.removes() {
		return false, nil
	}
	if err := s.writing(ctx); err != nil {
		return false, err
	}
	if err := failpoint.Hit(ctx, "save.begin"); err != nil {
		return false, err
	}
	s.saves.pages.among("", groups, groupMost, p, func(pages []*page) {
		for len(pages) > 0 {
			n, items := 0, 0
			for n < len(pages) && items+len(pages[n].Items) <= togetherMost {
				items += len(pages[n].Items)
				n++
			}
			s.saveGroup(pages[:n])
			pages = pages[n:]
		}
	})
	return p.saved, p.err
}

// removes says whether a page has to do with what a sweep does not show. Such pages
// are few, and change more than their items.
func (p *page) removes() bool {
	return p.Kind == "sweep" || p.Swept != 0 || p.After.Sweep != nil || len(p.Removed) > 0
}

// saveGroup saves what it can of some pages in one transaction.
func (s *Store) saveGroup(pages []*page) {
	ctx, stop := wanted(pages)
	defer stop()
	for _, p := range pages {
		defer s.saved(ctx, s.pages.begin(p.lease))
		if p.items, p.err = sightings(p.Page); p.err != nil {
			return
		}
	}
	session, err := s.saves.lend(s.client)
	if err != nil {
		return
	}
	defer s.saves.giveBack(session)
	var steps, whole []*page
	for _, p := range pages {
		if p.stepwise() {
			steps = append(steps, p)
		} else {
			whole = append(whole, p)
		}
	}
	saved, left := s.saveStepwise(ctx, session, steps)
	saved = append(saved, s.saveWhole(ctx, session, append(whole, left...))...)
	for _, p := range pages {
		p.items = nil
	}
	s.publishGroup(ctx, saved)
}

// saveWhole saves what it can of some pages in one transaction, and returns those that
// it saved.
func (s *Store) saveWhole(ctx context.Context, session *driver.Session, pages []*page) []*page {
	if len(pages) == 0 {
		return nil
	}
	var in []*page
	var err error
	for read := false; ; read = true {
		err = transaction{session}.run(ctx, func(ctx context.Context) (err error) {
			in, err = s.storeGroup(ctx, pages, read)
			return err
		})
		if read || !errors.Is(err, errStored) {
			break
		}
	}
	if err != nil {
		s.lookAgain(ctx, session, in, err)
	}
	for _, p := range in {
		p.saved = p.saved || err == nil
	}
	return slices.DeleteFunc(in, func(p *page) bool { return !p.saved })
}

// arrival is how the items of the page reached us.
func (p *page) arrival() arrival {
	return arrival{key: p.key, walk: p.Walk, imported: p.Kind == "import", archive: p.Archive}
}

// wanted is a context that ends when nobody waits for the pages any more.
func wanted(pages []*page) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(pages[0].ctx))
	var waiting atomic.Int64
	waiting.Add(int64(len(pages)))
	var stops []func() bool
	for _, p := range pages {
		stops = append(stops, context.AfterFunc(p.ctx, func() {
			if waiting.Add(-1) == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// lookAgain finds out which pages were saved by a transaction that ended with an
// error. Where that cannot be known the page has an error.
func (s *Store) lookAgain(ctx context.Context, session *driver.Session, pages []*page, was error) {
	if errors.Is(was, errChanged) || errors.Is(was, errStored) { // it was given up before its commit
		return
	}
	err := s.endSessions(ctx, bson.A{session.ID()}) // nothing of it may be made later
	for _, p := range pages {
		var now network
		if err == nil {
			err = s.firm(s.networks).FindOne(ctx, where("_id", p.lease.Network)).Decode(&now)
		}
		if errors.Is(err, driver.ErrNoDocuments) {
			err = nil
		}
		if err != nil {
			p.err = errors.Join(was, err)
			s.saves.doubt(p.lease.Network)
		}
		p.saved = err == nil && now.Saved == p.key
	}
}

// storeGroup writes pages of networks whose leases hold, and returns which these
// are. read says that something is stored already, whatever the networks say.
func (s *Store) storeGroup(ctx context.Context, pages []*page, read bool) (in []*page, err error) {
	if in, err = s.leased(ctx, pages); err != nil || len(in) == 0 {
		return nil, err
	}
	known, err := s.glanceAll(ctx, in, read)
	if err != nil {
		return nil, err
	}
	var all writes
	var updates []driver.WriteModel
	for _, p := range in {
		st := &storing{Store: s, n: p.n, from: p.arrival(), told: map[string]bool{}}
		w := st.compare(p.items, known[p.n.ID])
		for _, r := range w.fresh {
			st.inserted(r)
		}
		all.fresh, all.same = append(all.fresh, w.fresh...), append(all.same, w.same...)
		if err := s.write(ctx, st, p, w.doubtful); err != nil {
			return nil, err
		}
		// Its lease was looked at in this transaction, which comes to nothing where somebody
		// has written on the network since. The name alone is what the server finds with least
		// work.
		_, update, err := s.update(p)
		if err != nil {
			return nil, err
		}
		updates = append(updates, driver.NewUpdateOneModel().SetFilter(where("_id", p.lease.Network)).SetUpdate(update))
	}
	if _, err := s.insert(ctx, all.fresh); err != nil {
		return in, err
	}
	if err := s.seen(ctx, all.same); err != nil {
		return in, err
	}
	if err := failpoint.Hit(ctx, "save.items.done"); err != nil {
		return in, err
	}
	if err := failpoint.Hit(ctx, "save.state.before"); err != nil {
		return in, err
	}
	// The networks come last: what a process holds that dies in between are items
	// alone, and nobody else has to do with those.
	r, err := s.networks.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
	if err == nil && int(r.MatchedCount) != len(in) {
		err = errChanged
	}
	if err != nil {
		return in, err
	}
	return in, failpoint.Hit(ctx, "save.commit.before")
}

// leased reads the networks of pages, and returns those pages whose lease holds.
func (s *Store) leased(ctx context.Context, pages []*page) (in []*page, err error) {
	cursor, err := s.networks.Find(ctx, where("_id", where("$in", networksOf(pages))), options.Find().SetProjection(bson.D{{Key: "progress", Value: 0}, {Key: "claims", Value: 0}, {Key: "sessions", Value: 0}}))
	ns, err := all[*network](ctx, cursor, err)
	for _, p := range pages {
		at := slices.IndexFunc(ns, func(n *network) bool { return n.ID == p.lease.Network })
		if at < 0 || ns[at].Owner != p.lease.Owner || ns[at].Epoch != p.lease.Epoch || ns[at].Removed || ns[at].Unseen || len(ns[at].Attempts) > 0 {
			continue // what becomes of it is seen when it is saved alone
		}
		if slices.ContainsFunc(in, func(q *page) bool { return q.lease.Network == p.lease.Network }) {
			continue
		}
		p.n = ns[at]
		in = append(in, p)
	}
	return in, err
}

// glanceAll is glance for several networks, but for those that hold nothing.
func (s *Store) glanceAll(ctx context.Context, pages []*page, read bool) (map[string]map[string]*row, error) {
	var of bson.A
	for _, p := range pages {
		if len(p.items) > 0 && (read || !p.n.blank()) {
			ids := make([]string, len(p.items))
			for i, it := range p.items {
				ids[i] = it.ID
			}
			of = append(of, bson.D{{Key: "net", Value: p.n.ID}, {Key: "itemId", Value: where("$in", ids)}})
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	out := map[string]map[string]*row{}
	cursor, err := s.items.Find(ctx, where("$or", of), options.Find().SetProjection(glanced()).SetBatchSize(togetherMost+1))
	rows, err := all[*row](ctx, cursor, err)
	for _, r := range rows {
		if out[r.Net] == nil {
			out[r.Net] = map[string]*row{}
		}
		out[r.Net][r.ItemID] = r
	}
	return out, err
}

// write writes of a page what has to be looked at item by item.
func (s *Store) write(ctx context.Context, st *storing, p *page, doubtful []sighting) error {
	missed, err := st.merge(ctx, doubtful)
	if err == nil && len(missed) > 0 {
		err = errChanged
	}
	if err != nil {
		return err
	}
	p.e = st.effect(p.items)
	p.e.bad, err = s.setAside(ctx, p.n, p.items, p.Bad)
	return err
}

// update is what a page makes of its network, and what guards that.
func (s *Store) update(p *page) (guard, update bson.D, err error) {
	was, lasting := p.n.class(), s.saves.untold(p.n)
	p.left = slices.Clone(lasting)
	var own []entry
	if p.e.tells() {
		a := attempt{Key: p.key, Page: p.ID, Kind: p.Kind, At: p.ObservedAt}
		own = append(own, a.entry(p.n, p.e))
		p.left = append(p.left, own...)
	}
	if err := p.n.put(p.After); err != nil {
		return nil, nil, err
	}
	fields := append(p.n.fields(), bson.E{Key: "crashes", Value: 0}, bson.E{Key: "saved", Value: p.key}, bson.E{Key: "by", Value: mark()})
	if len(own) > 0 && len(lasting) < len(p.n.Unpublished) { // the log has some of them
		fields, own = append(fields, bson.E{Key: "unpublished", Value: p.left}, bson.E{Key: "pending", Value: true}), nil // between steps the upkeep may have taken both off
	}
	guard, update = p.n.advanced(p.lease, was, fields, p.e, own, false)
	return guard, update, nil
}

// publishGroup appends what pages that were saved have to tell. What fails here
// stays for whoever comes next.
func (s *Store) publishGroup(ctx context.Context, pages []*page) {
	ctx = context.WithoutCancel(ctx)
	var left []entry
	var ids []string
	for _, p := range pages {
		if len(p.left) > 0 {
			left, ids = append(left, p.left...), append(ids, p.lease.Network)
		}
	}
	if len(left) == 0 || failpoint.Hit(ctx, "publish.before") != nil {
		return
	}
	seqs, err := s.append(ctx, left)
	if err != nil || failpoint.Hit(ctx, "publish.appended") != nil {
		return
	}
	if err := s.buryPurged(ctx, left, seqs, ids); err != nil {
		return
	}
	for _, p := range pages {
		s.saves.tell(p.lease.Network, keysOf(p.left))
	}
	failpoint.Hit(ctx, "publish.after")
}

// buryPurged takes out of the log what it tells of networks that were purged
// meanwhile.
func (s *Store) buryPurged(ctx context.Context, told []entry, seqs []int64, networks []string) error {
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "_id", Value: where("$in", networks)}, {Key: "purging", Value: nil}}, options.Find().SetProjection(where("_id", 1)))
	there, err := all[chance](ctx, cursor, err)
	if err != nil || len(there) == len(networks) {
		return err
	}
	var gone []int64
	for i, e := range told {
		if !slices.ContainsFunc(there, func(n chance) bool { return n.ID == e.Network }) {
			gone = append(gone, seqs[i])
		}
	}
	_, err = s.bury(ctx, where("_id", where("$in", gone)))
	return err
}
