package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// In a transaction a server inserts one document after the other, which costs it half
// as much again as inserting the same documents together. So pages of a backfill whose
// items nobody has seen are saved in steps, several pages with each command: the
// networks say that an attempt has begun, the items are inserted, the networks take the
// rest, fenced. An attempt that comes to nothing is one like those of pages that are
// saved alone: whoever writes on the network next tells what it stored, see abandoned.
//
// All steps are made in a session that the lease names. Who takes the network over ends
// it, and so does whoever does not know whether a step was made, before he goes on.

// stepwise tells whether a page may be saved in steps with others. One that may change
// or remove something that is stored is not: of a lease that was lost meanwhile nothing
// of that may be left.
func (p *page) stepwise() bool { return p.Kind == "backfill" && len(p.Bad) == 0 }

// attempt is what a network says of the page while it is being saved.
func (p *page) attempt(session *driver.Session) attempt {
	return attempt{Key: p.key, Page: p.ID, Kind: p.Kind, At: p.ObservedAt, Epoch: p.lease.Epoch, Session: session.ID()}
}

// saveStepwise saves what it can of some pages in steps. It returns those that it saved,
// and those that are to be saved in another way with others.
func (s *Store) saveStepwise(ctx context.Context, session *driver.Session, pages []*page) (saved, left []*page) {
	if len(pages) == 0 {
		return nil, nil
	}
	begun, left, fresh, err := s.whollyFresh(ctx, pages)
	if err != nil || len(begun) == 0 {
		return nil, left
	}
	steps := driver.NewSessionContext(ctx, session)
	begun, err = s.noteAttempts(steps, session, begun)
	if err == nil && len(begun) > 0 {
		err = s.takeSteps(steps, begun, fresh)
	}
	if err != nil {
		s.afterSteps(ctx, session, begun, err)
	}
	for _, p := range begun {
		if p.saved = p.saved || err == nil; p.saved {
			saved = append(saved, p)
		}
	}
	return saved, left
}

// whollyFresh reads the networks of pages, and tells which pages have nothing but items
// that are not stored, with these, and which have others.
func (s *Store) whollyFresh(ctx context.Context, pages []*page) (are, left []*page, fresh map[*page][]*row, err error) {
	in, err := s.leased(ctx, pages)
	if err != nil || len(in) == 0 {
		return nil, nil, nil, err
	}
	known, err := s.glanceAll(ctx, in, false)
	if err != nil {
		return nil, nil, nil, err
	}
	fresh = map[*page][]*row{}
	for _, p := range in {
		st := &storing{Store: s, n: p.n, from: p.arrival(), told: map[string]bool{}}
		w := st.compare(p.items, known[p.n.ID])
		if len(w.fresh) == 0 || len(w.same)+len(w.doubtful) > 0 || p.n.Bad > 0 {
			left = append(left, p)
			continue
		}
		for _, r := range w.fresh {
			st.inserted(r)
		}
		p.e = st.effect(p.items)
		are, fresh[p] = append(are, p), w.fresh
	}
	return are, left, fresh, nil
}

// noteAttempts has networks that are as they were read say that a page is being saved,
// and returns the pages of those that do.
func (s *Store) noteAttempts(ctx context.Context, session *driver.Session, pages []*page) ([]*page, error) {
	var notes []driver.WriteModel
	var keys []string
	now := s.o.Now()
	for _, p := range pages {
		p.noted = now
		as := append(asRead(p.n.ID, p.n.Version, p.n.By), bson.E{Key: "owner", Value: p.lease.Owner}, bson.E{Key: "epoch", Value: p.lease.Epoch})
		notes = append(notes, driver.NewUpdateOneModel().SetFilter(as).SetUpdate(bson.D{
			{Key: "$push", Value: where("attempts", p.attempt(session))}, {Key: "$inc", Value: where("version", 1)},
		}))
		keys = append(keys, p.key)
	}
	r, err := s.networks.BulkWrite(ctx, notes, options.BulkWrite().SetOrdered(false))
	if err != nil || int(r.MatchedCount) == len(pages) {
		return pages, err
	}
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "_id", Value: where("$in", networksOf(pages))}, {Key: "attempts.key", Value: where("$in", keys)}}, options.Find().SetProjection(where("_id", 1)))
	noted, err := all[chance](ctx, cursor, err)
	if err != nil {
		return pages, err
	}
	has := map[string]bool{}
	for _, n := range noted {
		has[n.ID] = true
	}
	var in []*page
	for _, p := range pages {
		if has[p.lease.Network] {
			in = append(in, p)
		}
	}
	return in, nil
}

func networksOf(pages []*page) (ids []string) {
	for _, p := range pages {
		ids = append(ids, p.lease.Network)
	}
	return ids
}

// stoodStill is the part of a lease after which nothing is inserted any more for an attempt that
// was noted. A process that stood still for so long may have lost its networks to others, who have
// looked already for what the attempt stored: if it died before it told of its items, nobody would.
const stoodStill = 3

var errStoodStill = errors.New("this process or its machine stood still while items were stored")

// takeSteps inserts the items of pages, and has the networks take the rest.
func (s *Store) takeSteps(ctx context.Context, pages []*page, fresh map[*page][]*row) error {
	var rows []*row
	var updates []driver.WriteModel
	for _, p := range pages {
		rows = append(rows, fresh[p]...)
		guard, update, err := s.update(p)
		if err != nil {
			return err
		}
		guard = append(guard, bson.E{Key: "saved", Value: where("$ne", p.key)})
		updates = append(updates, driver.NewUpdateOneModel().SetFilter(guard).SetUpdate(update))
	}
	for _, p := range pages {
		if s.o.Now().Sub(p.noted) > s.o.Lease/stoodStill {
			return errStoodStill
		}
	}
	if _, err := s.insert(ctx, rows); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "save.items.done"); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "save.state.before"); err != nil {
		return err
	}
	r, err := s.networks.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
	if err == nil && int(r.MatchedCount) != len(pages) {
		err = errChanged
	}
	if err != nil {
		return err
	}
	return failpoint.Hit(ctx, "save.commit.before")
}

// afterSteps finds out which pages were saved though there was an error. What others
// have stored belongs to an attempt that came to nothing, and is told now: somebody else
// may have ended the attempt by what stood then. Where the lease holds, the page is saved
// alone afterwards.
func (s *Store) afterSteps(ctx context.Context, session *driver.Session, pages []*page, was error) {
	ctx, end := finishing(ctx)
	defer end()
	err := s.endSteps(ctx, session)
	for _, p := range pages {
		if again := s.afterStep(ctx, session, p, err); again != nil {
			p.err = errors.Join(was, again)
			s.saves.doubt(p.lease.Network)
		}
	}
}

// endSteps sees to it that nothing of the session is made any more. Ending it stops what
// runs, but waits for transactions alone, and what is still on its way comes later. The
// next write of the same session waits for those before it, and none of those is taken
// after it (https://www.mongodb.com/docs/manual/core/retryable-writes/).
func (s *Store) endSteps(ctx context.Context, session *driver.Session) error {
	if err := s.endSessions(ctx, bson.A{session.ID()}); err != nil {
		return err
	}
	for {
		_, err := s.networks.UpdateOne(driver.NewSessionContext(ctx, session), where("_id", ""), set(where("by", ""))) // of no network
		if !is(err, codeInterrupted) {                                                                                 // somebody else ends the session as well
			return err
		}
		if err := backOff(ctx, 1); err != nil {
			return err
		}
	}
}

// afterStep is afterSteps of one page. err is why the steps may go on.
func (s *Store) afterStep(ctx context.Context, session *driver.Session, p *page, err error) error {
	if err != nil {
		return err
	}
	var now network
	if err := s.firm(s.networks).FindOne(ctx, where("_id", p.lease.Network)).Decode(&now); err != nil && !errors.Is(err, driver.ErrNoDocuments) {
		return err
	}
	if p.saved = now.Saved == p.key; p.saved {
		return nil
	}
	err = s.late(ctx, p.n, p.attempt(session))
	if now.Owner != p.lease.Owner || now.Epoch != p.lease.Epoch || now.Removed {
		p.err = errors.Join(state.ErrLeaseLost, err)
		return nil
	}
	return err
}
