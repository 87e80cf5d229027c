//go:build mongo && unix

package mongo

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/broker"
	"collector/store/mongo/mongotest"
)

// TestWhatAMinorityHasIsNotStored: of two who send a message under one id, the second is not
// told that it is stored while the primary alone has it, which a failover would take back.
func TestWhatAMinorityHasIsNotStored(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := mongotest.Replica(ctx, program, t.TempDir(), 3)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	if err := set.ElectNobody(ctx); err != nil { // the primary is to take the second message, however late that comes
		t.Fatal(err)
	}
	primary, err := set.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	signal := func(s syscall.Signal) {
		for _, m := range set.Members {
			if m != primary {
				if err := syscall.Kill(m.PID(), s); err != nil {
					t.Error(err)
				}
			}
		}
	}
	t.Cleanup(func() { signal(syscall.SIGCONT) })
	other := dial(t, set, "minority")
	alone := other.Collection(collection, options.Collection().SetWriteConcern(writeconcern.W1()))
	b := broker.Message{ID: "b", Destination: "/topic/a"}
	var first sync.Once
	brief, end := context.WithCancel(ctx) // ends some seconds after there is a minority
	defer end()
	// Between the refusal of an insertion and the look at what was in its way, another sends
	// the second message to the primary, which loses the others.
	monitor := &event.CommandMonitor{Succeeded: func(ctx context.Context, e *event.CommandSucceededEvent) {
		if _, failed := e.Reply.LookupErr("writeErrors"); e.CommandName != "insert" || failed != nil {
			return
		}
		first.Do(func() {
			signal(syscall.SIGSTOP)
			e := fresh([]broker.Message{b}, nil)
			e.First, e.Last = 2, 2
			if _, err := alone.InsertOne(context.WithoutCancel(ctx), e); err != nil {
				t.Error(err)
			}
			time.AfterFunc(4*time.Second, end)
		})
	}}
	client, err := driver.Connect(options.Client().ApplyURI(set.URI("")).SetMonitor(monitor))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	l, err := Open(ctx, client.Database("minority"), broker.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	a := broker.Message{ID: "a", Destination: "/topic/a"}
	if _, err := l.Append(ctx, time.Time{}, []broker.Message{a}); err != nil {
		t.Fatal(err)
	}
	at, err := l.Append(brief, time.Time{}, []broker.Message{a, b})
	if err == nil {
		t.Errorf("messages that a minority has are said to be stored, at %v", at)
	}
	signal(syscall.SIGCONT)
	if err := set.Whole(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(ctx, time.Time{}, []broker.Message{a, b}); err != nil {
		t.Error(err)
	}
}
