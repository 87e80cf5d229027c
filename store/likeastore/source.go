package likeastore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/auth"
	"collector/connectors"
	"collector/store"
	"collector/store/mongo"
)

var _ store.Source = (*Source)(nil)

// Seal seals the sign-in of an account with the key of the store that it goes to.
type Seal func(account string, c auth.Credential) (auth.Record, error)

// Source is an old database. It fits one goroutine.
type Source struct {
	client          *driver.Client
	where           string
	networks, items *driver.Collection
	infos           []connectors.Info
	seal            Seal
	lists           []list           // as read last, in the order of their networks' ids
	kept            likes            // of the list read last
	keptOf          string           // its network
	counts          map[string]likes // without the items themselves, by network
}

// connectWithin is how long Open looks for a server.
const connectWithin = 30 * time.Second

// Open connects to the database of an address such as mongodb://HOST/likeastore.
// infos are the connectors of this program; seal may be nil where no sign-in will be
// taken. Errors wrap store.ErrMissing, or store.ErrForeign for a database in which
// Likeastore kept nothing.
func Open(ctx context.Context, address string, infos []connectors.Info, seal Seal) (*Source, error) {
	where, database, err := mongo.Locate(address)
	if err != nil {
		return nil, err
	}
	client, err := driver.Connect(options.Client().ApplyURI(address).SetAppName("collector").SetServerSelectionTimeout(connectWithin))
	if err != nil { // which may show the password of the address
		return nil, fmt.Errorf("%w: the address %s cannot be used", store.ErrMissing, where)
	}
	db := client.Database(database)
	s := &Source{
		client: client, where: where, networks: db.Collection("networks"), items: db.Collection("items"),
		infos: infos, seal: seal, counts: map[string]likes{},
	}
	if err := s.known(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// known refuses a database that is not Likeastore's: its networks name a service,
// and a store of this program has the document of its schema.
func (s *Source) known(ctx context.Context) error {
	n, err := s.networks.CountDocuments(ctx, bson.D{{Key: "service", Value: bson.D{{Key: "$type", Value: "string"}}}}, options.Count().SetLimit(1))
	if err != nil {
		return fmt.Errorf("%w: %s: %w; see that MongoDB runs there and lets this user in", store.ErrMissing, s.where, err)
	}
	ours, err := s.networks.Database().Collection("meta").CountDocuments(ctx, bson.D{{Key: "_id", Value: "schema"}})
	if err != nil {
		return fmt.Errorf("%w: %s: %w", store.ErrMissing, s.where, err)
	}
	if n == 0 || ours > 0 {
		return fmt.Errorf("%w: %s is no database of Likeastore: it has no networks of its, or is a store of this program", store.ErrForeign, s.where)
	}
	return nil
}

// Describe says what it is.
func (s *Source) Describe() string { return s.where + " (Likeastore)" }

// Close ends the connection.
func (s *Source) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.client.Disconnect(ctx)
}

// count reads the items of a list once, and remembers how many there are.
func (s *Source) count(ctx context.Context, l list) (likes, error) {
	if c, known := s.counts[l.network.ID]; known {
		return c, nil
	}
	c, err := s.likesOf(ctx, l)
	if err != nil {
		return c, err
	}
	c.items = make([]store.WholeItem, len(c.items)) // only their number is of use
	s.counts[l.network.ID] = c
	return c, nil
}

// Count is how many records a part has.
func (s *Source) Count(ctx context.Context, p store.Part) (int, error) {
	if s.lists == nil {
		if _, err := s.read(ctx); err != nil {
			return 0, err
		}
	}
	switch p {
	case store.PartAccounts, store.PartNetworks:
		return len(s.lists), nil
	case store.PartCredentials:
		n := 0
		for _, l := range s.lists {
			if !l.cred.Empty() {
				n++
			}
		}
		return n, nil
	}
	return 0, nil
}

// CountIn counts what networks hold.
func (s *Source) CountIn(ctx context.Context, networks []string) ([]store.Stored, error) {
	var out []store.Stored
	for _, id := range slices.Sorted(slices.Values(networks)) {
		i := s.from(id)
		if i == len(s.lists) || s.lists[i].network.ID != id {
			continue
		}
		c, err := s.count(ctx, s.lists[i])
		if err != nil {
			return nil, err
		}
		out = append(out, store.Stored{Network: id, Items: len(c.items)})
	}
	return out, nil
}

// lately is how long ago the old program, at work, ran some network at most.
const lately = 10 * time.Minute

// Working tells whether the old program ran a network a short time ago.
func (s *Source) Working(ctx context.Context, now time.Time) ([]string, error) {
	n, err := s.networks.CountDocuments(ctx, bson.D{{Key: "lastExecution", Value: bson.D{{Key: "$gt", Value: now.Add(-lately)}}}}, options.Count().SetLimit(1))
	if err != nil {
		return nil, fmt.Errorf("looking whether Likeastore runs: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	return []string{"Likeastore, which read a list in the last 10 minutes"}, nil
}

// LastChange is 0: the old program kept no log.
func (s *Source) LastChange(context.Context) (int64, error) { return 0, nil }

// Meta is "": nothing was sealed.
func (s *Source) Meta(context.Context, string) (string, error) { return "", nil }
