// Package mongotest starts MongoDB servers for tests: on the loopback, over data
// in a folder of the test, ended with it. Which program is started says
// scripts/mongod.
package mongotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Servers are the servers of one deployment.
type Servers struct {
	Members []*Member
	replica string // name of the replica set; "" for a standalone server
	program string
	dir     string
	front   Front
	cache   string // GB of each server
	oplog   string // MB
}

// Front puts something before a server that listens at an address, HOST:PORT, and
// returns the address at which it is reached then.
type Front func(address string) (string, error)

// Program returns the path of the server program, or an error that says what to
// install. root is the folder of the repository.
func Program(root string) (string, error) {
	cmd := exec.Command(filepath.Join(root, "scripts", "mongod"))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("this needs a MongoDB server: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// Standalone starts one server that is no member of a replica set.
func Standalone(ctx context.Context, program, dir string) (*Servers, error) {
	s := &Servers{program: program, dir: dir, cache: smallCache}
	return s, s.start(ctx, dir, 1)
}

// Room of servers for tests, of which several may run at once, and of those that
// are measured. The oplog takes no more than is written; a member that was killed and comes
// back late has to find in it where it was, or the set is never whole again.
const (
	smallCache, smallOplog = "0.25", "512"
	largeCache, largeOplog = "2", "1024"
)

// Replica starts a replica set of n members and waits for its primary. One
// member is enough for transactions; three survive the death of one.
func Replica(ctx context.Context, program, dir string, n int) (*Servers, error) {
	return replica(ctx, &Servers{program: program, dir: dir, replica: "test", cache: smallCache, oplog: smallOplog}, dir, n)
}

// Behind is Replica with something before each member, past which clients and the
// other members reach it.
func Behind(ctx context.Context, program, dir string, n int, front Front) (*Servers, error) {
	return replica(ctx, &Servers{program: program, dir: dir, replica: "test", cache: smallCache, oplog: smallOplog, front: front}, dir, n)
}

// Large starts a replica set of one member with memory for a million networks.
func Large(ctx context.Context, program, dir string) (*Servers, error) {
	return replica(ctx, &Servers{program: program, dir: dir, replica: "test", cache: largeCache, oplog: largeOplog}, dir, 1)
}

// Again starts what Large had started over the same folder, in another process or this
// one, with all that is stored there.
func Again(ctx context.Context, program, dir string) (*Servers, error) {
	s := &Servers{program: program, dir: dir, replica: "test", cache: largeCache, oplog: largeOplog}
	if err := s.start(ctx, dir, 1); err != nil {
		return s, err
	}
	config := s.config()
	config = append(config, bson.E{Key: "version", Value: 2})
	// It knows itself by the port that it had; by force it is told of the new one.
	if err := s.Members[0].Command(ctx, bson.D{{Key: "replSetReconfig", Value: config}, {Key: "force", Value: true}}, nil); err != nil {
		return s, fmt.Errorf("setting the replica set: %w", err)
	}
	_, err := s.Primary(ctx)
	return s, err
}

func replica(ctx context.Context, s *Servers, dir string, n int) (*Servers, error) {
	if err := s.start(ctx, dir, n); err != nil {
		return s, err
	}
	if err := s.Members[0].Command(ctx, bson.D{{Key: "replSetInitiate", Value: s.config()}}, nil); err != nil {
		return s, fmt.Errorf("making the replica set: %w", err)
	}
	_, err := s.Primary(ctx)
	return s, err
}

// config are the members of the replica set and how soon they miss one another.
func (s *Servers) config() bson.D {
	var members bson.A
	for i, m := range s.Members {
		members = append(members, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: m.Address}})
	}
	return bson.D{
		{Key: "_id", Value: s.replica},
		{Key: "members", Value: members},
		{Key: "settings", Value: bson.D{{Key: "electionTimeoutMillis", Value: 2000}, {Key: "heartbeatIntervalMillis", Value: 500}}},
	}
}

func (s *Servers) start(ctx context.Context, dir string, n int) error {
	for i := range n {
		m := &Member{dir: filepath.Join(dir, "member"+strconv.Itoa(i))}
		if err := os.MkdirAll(m.dir, 0o700); err != nil {
			return err
		}
		var err error
		if m.Port, err = freePort(); err != nil {
			return err
		}
		if m.Address = m.host(); s.front != nil {
			if m.Address, err = s.front(m.host()); err != nil {
				return err
			}
		}
		m.args = []string{
			"--dbpath", m.dir, "--port", strconv.Itoa(m.Port), "--bind_ip", "127.0.0.1", "--nounixsocket",
			"--wiredTigerCacheSizeGB", s.cache, "--setParameter", "diagnosticDataCollectionEnabled=false",
			"--setParameter", "enableTestCommands=1", // of failpoints
			"--setParameter", "minSnapshotHistoryWindowInSeconds=5", // after which the files of what was dropped go
			// How long a secondary waits for a primary that went silent, before it looks for another: 60 and 5 s as they come.
			"--setParameter", "oplogInitialFindMaxSeconds=2", "--setParameter", "oplogNetworkTimeoutBufferSeconds=1",
			"--logpath", m.log(), "--logappend",
		}
		if s.replica != "" {
			m.args = append(m.args, "--replSet", s.replica, "--oplogSize", s.oplog)
		}
		s.Members = append(s.Members, m)
		if err := m.start(s.program); err != nil {
			return err
		}
	}
	for _, m := range s.Members {
		if err := m.answers(ctx); err != nil {
			return err
		}
	}
	return nil
}

// URI is the address of a database on the servers.
func (s *Servers) URI(database string) string {
	var hosts []string
	for _, m := range s.Members {
		hosts = append(hosts, m.Address)
	}
	uri := "mongodb://" + strings.Join(hosts, ",") + "/" + database
	if s.replica != "" {
		uri += "?replicaSet=" + s.replica
	}
	return uri
}

// Drop removes a database. A server keeps the files of all that it has open: the databases of some
// hundred tests are more files than a process may have.
func (s *Servers) Drop(ctx context.Context, database string) error {
	ctx, cancel := context.WithTimeout(ctx, commandMost)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(s.URI("")))
	if err != nil {
		return err
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	return client.Database(database).Drop(ctx)
}

// Dir is the folder of the servers' data.
func (s *Servers) Dir() string { return s.dir }

// Primary waits for the member that takes writes.
func (s *Servers) Primary(ctx context.Context) (*Member, error) {
	for {
		for _, m := range s.Members {
			if m.primary(ctx) {
				return m, nil
			}
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("waiting for a primary: %w", err)
		}
	}
}

// Stop ends all servers at once.
func (s *Servers) Stop() error {
	var errs []error
	for _, m := range s.Members {
		errs = append(errs, m.Kill())
	}
	return errors.Join(errs...)
}

// Restart starts a member that was killed, over its data.
func (s *Servers) Restart(ctx context.Context, m *Member) error {
	if err := m.start(s.program); err != nil {
		return err
	}
	return m.answers(ctx)
}
