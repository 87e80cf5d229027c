package mongotest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Snapshot copies the data of a replica set of one member, which writes nothing
// meanwhile, as a snapshot of its volume does, and starts another replica set over the
// copy.
func (s *Servers) Snapshot(ctx context.Context, dir string) (*Servers, error) {
	from := s.Members[0]
	to := &Servers{program: s.program, dir: dir, replica: s.replica, cache: s.cache, oplog: s.oplog}
	if err := from.Command(ctx, bson.D{{Key: "fsync", Value: 1}, {Key: "lock", Value: true}}, nil); err != nil {
		return to, fmt.Errorf("locking the server: %w", err)
	}
	err := copyData(filepath.Join(dir, "member0"), from.dir)
	if err := errors.Join(err, from.Command(ctx, bson.D{{Key: "fsyncUnlock", Value: 1}}, nil)); err != nil {
		return to, fmt.Errorf("copying the data of a server: %w", err)
	}
	if err := to.start(ctx, dir, 1); err != nil {
		return to, err
	}
	var was struct{ Config bson.M }
	for { // it ends connections when it finds that it is no member of what it has copied
		err := to.Members[0].Command(ctx, bson.D{{Key: "replSetGetConfig", Value: 1}}, &was)
		if err == nil {
			break
		}
		if pause(ctx) != nil {
			return to, fmt.Errorf("reading the replica set of the copy: %w", err)
		}
	}
	was.Config["members"] = bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: to.Members[0].Address}}}
	if err := to.Members[0].Command(ctx, bson.D{{Key: "replSetReconfig", Value: was.Config}, {Key: "force", Value: true}}, nil); err != nil {
		return to, fmt.Errorf("giving the copy its own address: %w", err)
	}
	_, err = to.Primary(ctx)
	return to, err
}

// copyData copies the folder of a server, but for its lock and its log.
func copyData(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		rest, relErr := filepath.Rel(from, path)
		if err := errors.Join(err, relErr); err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rest), 0o700)
		}
		if rest == "mongod.lock" || rest == "mongod.log" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rest), text, 0o600)
	})
}
