package likeastore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// Left is what cannot be taken over, or not as it was.
type Left struct {
	N    int
	What string // "networks", "items"
	Why  string
}

// Survey says what of an old database is taken over and what is left.
type Survey struct {
	Networks          int // that are taken over
	Initial, Normal   int // of them, by mode
	Limited           int // that a rate limit had taken their mode from
	Disabled, Skipped int // that are paused
	NoSignIn          int // that need one
	Items             int // that are taken over, each once
	Left              []Left
}

// leave adds to what is left.
func (v *Survey) leave(n int, what, why string) {
	if i := slices.IndexFunc(v.Left, func(l Left) bool { return l.What == what && l.Why == why }); i >= 0 {
		v.Left[i].N += n
		return
	}
	if n > 0 {
		v.Left = append(v.Left, Left{n, what, why})
	}
}

// read reads all networks, and returns what is left of them.
func (s *Source) read(ctx context.Context) (Survey, error) {
	var v Survey
	best := map[[2]string]list{}
	cursor, err := s.networks.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(withoutUser()))
	if err != nil {
		return v, fmt.Errorf("reading the networks of the old database: %w", err)
	}
	defer cursor.Close(ctx)
	for cursor.Next(ctx) {
		var d document
		if err := cursor.Decode(&d); err != nil {
			return v, fmt.Errorf("reading a network of the old database: %w", err)
		}
		old, user := d.text("service"), d.text("user")
		in, known, ok := connectorOf(old, s.infos)
		switch {
		case user == "" || strings.ContainsAny(user, " \t\n\x00"):
			v.leave(1, "networks", "they name no user that can be one")
			continue
		case !ok:
			v.leave(1, "networks", noConnector(old))
			continue
		}
		l := listOf(d, in, known)
		at := [2]string{user, old}
		if other, twice := best[at]; twice {
			v.leave(1, "networks", "the user had the same service twice: the one with a sign-in, at work, older, is taken")
			if !l.better(other) {
				continue
			}
		}
		best[at] = l
	}
	if err := cursor.Err(); err != nil {
		return v, fmt.Errorf("reading the networks of the old database: %w", err)
	}
	s.lists = make([]list, 0, len(best))
	for _, l := range best {
		s.lists = append(s.lists, l)
		v.add(l)
	}
	slices.SortFunc(s.lists, func(a, b list) int { return strings.Compare(a.network.ID, b.network.ID) })
	return v, nil
}

func noConnector(old string) string {
	return fmt.Sprintf("%q has no connector here", old)
}

// add counts a list that is taken over.
func (v *Survey) add(l list) {
	v.Networks++
	if l.network.Mode == state.Initial {
		v.Initial++
	} else {
		v.Normal++
	}
	if l.wasMode == "rateLimit" {
		v.Limited++
	}
	switch l.halted {
	case "disabled":
		v.Disabled++
	case "skip":
		v.Skipped++
	}
	if l.cred.Empty() {
		v.NoSignIn++
	}
}

// Survey reads the whole database and says what becomes of it.
func (s *Source) Survey(ctx context.Context) (Survey, error) {
	v, err := s.read(ctx)
	if err != nil {
		return v, err
	}
	for _, l := range s.lists {
		c, err := s.count(ctx, l)
		if err != nil {
			return v, err
		}
		v.Items += len(c.items)
		v.leave(c.again, "items", "another document has the same like: each is taken once")
		v.leave(c.unread, "items", "they have no id or no web address")
	}
	if err := s.homeless(ctx, &v); err != nil {
		return v, fmt.Errorf("counting the items of the old database: %w", err)
	}
	return v, nil
}

// homeless counts items that no network here takes, and ids that several services
// had for one user.
func (s *Source) homeless(ctx context.Context, v *Survey) error {
	taken := map[[2]string]bool{}
	for _, l := range s.lists {
		taken[[2]string{l.account.User, l.old}] = true
	}
	groups, err := grouped(ctx, s.items, bson.D{{Key: "user", Value: "$user"}, {Key: "type", Value: "$type"}, {Key: "gist", Value: marked()}})
	if err != nil {
		return err
	}
	for _, g := range groups {
		id := document(g.ID)
		old := typeOf(id.text("type"), id.is("gist"))
		if _, _, ok := connectorOf(old, s.infos); !ok {
			v.leave(g.N, "items", noConnector(old))
		} else if !taken[[2]string{id.text("user"), old}] {
			v.leave(g.N, "items", "no network collects them any more")
		}
	}
	cursor, err := s.items.Aggregate(ctx, bson.A{
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{{Key: "user", Value: "$user"}, {Key: "id", Value: "$itemId"}}},
			{Key: "types", Value: bson.D{{Key: "$addToSet", Value: bson.D{{Key: "type", Value: "$type"}, {Key: "gist", Value: marked()}}}}},
		}}},
		bson.D{{Key: "$match", Value: bson.D{{Key: "types.1", Value: bson.D{{Key: "$exists", Value: true}}}}}},
		bson.D{{Key: "$count", Value: "n"}},
	}, options.Aggregate().SetAllowDiskUse(true))
	if err != nil {
		return err
	}
	var shared []struct{ N int }
	if err := cursor.All(ctx, &shared); err != nil {
		return err
	}
	for _, g := range shared {
		v.leave(g.N, "ids", "two services have one for the same user: here they are two items; where Likeastore dropped the second, it is read again")
	}
	return nil
}

// marked tells whether an item bears the mark of gists.
func marked() bson.D { return bson.D{{Key: "$eq", Value: bson.A{"$gist", true}}} }

// group is how many items have something in common.
type group struct {
	ID bson.M `bson:"_id"`
	N  int    `bson:"n"`
}

func grouped(ctx context.Context, c *driver.Collection, by bson.D) ([]group, error) {
	cursor, err := c.Aggregate(ctx, bson.A{
		bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: by}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
		bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
	}, options.Aggregate().SetAllowDiskUse(true))
	if err != nil {
		return nil, err
	}
	var out []group
	return out, cursor.All(ctx, &out)
}
