//go:build mongo

package mongotest

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestServersStartAndEnd holds the rig to what tests take for granted: a server
// alone has no replica set, one that was killed is gone, and it comes back over its
// data.
func TestServersStartAndEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	program, err := Program("../../..")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Standalone(ctx, program, t.TempDir())
	t.Cleanup(func() { s.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	m := s.Members[0]
	var hello struct {
		SetName string `bson:"setName"`
	}
	if err := m.Command(ctx, bson.D{{Key: "hello", Value: 1}}, &hello); err != nil || hello.SetName != "" {
		t.Errorf("a server alone: %+v, %v", hello, err)
	}
	if err := m.Command(ctx, bson.D{{Key: "create", Value: "kept"}, {Key: "writeConcern", Value: bson.D{{Key: "j", Value: true}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Command(ctx, bson.D{{Key: "ping", Value: 1}}, nil); err == nil {
		t.Error("a server that was killed answers")
	}
	if err := s.Restart(ctx, m); err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Cursor struct {
			FirstBatch []bson.M `bson:"firstBatch"`
		}
	}
	named := bson.D{{Key: "listCollections", Value: 1}, {Key: "filter", Value: bson.D{{Key: "name", Value: "kept"}}}}
	if err := m.Command(ctx, named, &kept); err != nil || len(kept.Cursor.FirstBatch) != 1 {
		t.Errorf("after a restart: %+v, %v", kept, err)
	}
}
