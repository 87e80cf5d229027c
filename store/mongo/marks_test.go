//go:build mongo

package mongo

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/limit"
	"collector/state"
	"collector/store/mongo/mongotest"
)

// patienceOfTests is how long a call may take whose answers are lost, with what others
// do before it is looked for.
const patienceOfTests = 4 * time.Second

// watched is a handle on the database of another one whose calls have to end soon, and
// whose commands are told before they are sent. Its owner is the same.
func watched(t *testing.T, at string, s *Store, started func(name string, command bson.Raw)) *Store {
	t.Helper()
	return beside(t, at, s, "watched", options.Client().SetTimeout(patienceOfTests).SetMonitor(&event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) { started(e.CommandName, e.Command) },
	}))
}

// stranger is a handle as that of another process, which no failure of the server meets.
func stranger(t *testing.T, at string, s *Store) *Store {
	t.Helper()
	return beside(t, at, s, "stranger", options.Client())
}

func beside(t *testing.T, at string, s *Store, name string, o *options.ClientOptions) *Store {
	t.Helper()
	client, err := driver.Connect(o.ApplyURI("mongodb:" + at).SetAppName(name).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	b := &Store{client: client, where: s.where, handle: mark(), replica: s.replica, o: s.o}
	b.name(client.Database(s.networks.Database().Name()))
	if err := b.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// failWatched has a server fail commands of handles that are watched.
func failWatched(t *testing.T, on *mongotest.Servers, mode any, commands bson.A, how bson.D) {
	t.Helper()
	failFor(t, on, "watched", mode, commands, how)
}

// failFor has it fail commands of handles of one name.
func failFor(t *testing.T, on *mongotest.Servers, name string, mode any, commands bson.A, how bson.D) {
	t.Helper()
	data := append(bson.D{{Key: "failCommands", Value: commands}, {Key: "appName", Value: name}}, how...)
	set := bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}, {Key: "data", Value: data}}
	err := on.Members[0].Command(context.WithoutCancel(t.Context()), set, nil)
	for tries := 0; err != nil && tries < 6; tries++ { // a server waits for calls that it still holds for another test
		err = on.Members[0].Command(context.WithoutCancel(t.Context()), set, nil)
	}
	if err != nil {
		t.Error(err)
	}
}

// answersLost and callsLost are ways in which a server fails: what was asked for is
// made, or is not.
func answersLost() bson.D {
	return bson.D{
		{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 6}, {Key: "errmsg", Value: "cut off"}}},
		{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}},
	}
}

func callsLost() bson.D {
	return bson.D{{Key: "errorCode", Value: 6}, {Key: "errorLabels", Value: bson.A{"RetryableWriteError"}}}
}

// lookedAt tells whether a command reads one document again, since an answer was lost.
func lookedAt(name string, command bson.Raw) bool {
	if name != "find" {
		return false
	}
	level, _ := command.Lookup("readConcern", "level").StringValueOK()
	return level == "linearizable"
}

// use has a handle use one call of each row, and returns what all rows hold then.
func use(t *testing.T, s *Store, keys ...string) (used []int) {
	t.Helper()
	err := s.UpdateQuotas(t.Context(), keys, func(rows []*limit.Row) error {
		used = nil
		for _, r := range rows {
			r.Used++
			used = append(used, r.Used)
		}
		return nil
	})
	if err != nil {
		t.Errorf("using %v: %v", keys, err)
	}
	return used
}

// TestALostAnswerIsKnownAfterOthers loses the answer to an update of the ledger, and
// other processes change the same rows often before it is looked for: it counts once.
func TestALostAnswerIsKnownAfterOthers(t *testing.T) {
	for what, c := range map[string]struct {
		keys []string
		skip int  // updates before the one that loses its answer
		busy bool // another process was met there
	}{
		"one row":                 {[]string{"a"}, 0, false},
		"a row that others want":  {[]string{"a"}, 0, true},
		"rows that change as one": {[]string{"a", "b"}, 1, false},
	} {
		t.Run(what, func(t *testing.T) {
			const times = 10
			at := address(t)
			first, _ := seeded(t, at)
			other := stranger(t, at, first)
			var once sync.Once
			s := watched(t, at, first, func(name string, command bson.Raw) {
				if lookedAt(name, command) {
					once.Do(func() {
						failWatched(t, replica, "off", bson.A{"update"}, nil)
						for range times {
							use(t, other, c.keys...)
						}
					})
				}
			})
			use(t, s, c.keys...)
			if c.busy {
				s.keys.contend(c.keys[0], s.o.Now())
			}
			failWatched(t, replica, bson.D{{Key: "skip", Value: c.skip}}, bson.A{"update"}, answersLost())
			use(t, s, c.keys...)
			failWatched(t, replica, "off", bson.A{"update"}, nil)
			for _, n := range use(t, other, c.keys...) {
				if want := 2 + times + 1; n != want {
					t.Errorf("%d calls are counted, %d were made", n, want)
				}
			}
		})
	}
}

// TestMarksAreOfProcessesAtWork: a row names the newest update of each process that
// changed it a short time ago, and no other.
func TestMarksAreOfProcessesAtWork(t *testing.T) {
	at := address(t)
	a, _ := seeded(t, at)
	b := stranger(t, at, a)
	now := noon
	c := stranger(t, at, a)
	c.o.Now = func() time.Time { return now }
	marks := func() (handles []string) {
		var q quota
		if err := a.quotas.FindOne(t.Context(), where("_id", "k")).Decode(&q); err != nil {
			t.Fatal(err)
		}
		for _, m := range q.Marks {
			_, handle := stamped(m)
			handles = append(handles, handle)
		}
		return handles
	}
	for range 12 {
		use(t, a, "k")
		use(t, b, "k")
	}
	if got := marks(); !slices.Equal(got, []string{a.handle, b.handle}) {
		t.Errorf("marks of %v, want %v", got, []string{a.handle, b.handle})
	}
	now = now.Add(marksFor + time.Minute)
	use(t, c, "k")
	if got := marks(); !slices.Equal(got, []string{c.handle}) {
		t.Errorf("later, marks of %v, want %v", got, []string{c.handle})
	}
}

// TestADecidedChangeIsMade: once the first of several rows says what all are to be, the
// change is made, also if the server is away before the rest is written.
func TestADecidedChangeIsMade(t *testing.T) {
	at := address(t)
	first, _ := seeded(t, at)
	other := stranger(t, at, first)
	s := watched(t, at, first, func(string, bson.Raw) {})
	use(t, s, "a", "b")
	failWatched(t, replica, bson.D{{Key: "skip", Value: 2}}, bson.A{"update"}, callsLost())
	use(t, s, "a", "b")
	failWatched(t, replica, "off", bson.A{"update"}, nil)
	if got := use(t, other, "a", "b"); !slices.Equal(got, []int{3, 3}) {
		t.Errorf("used are %v", got)
	}
}

// TestADoubtfulChangeIsNotHalfMade: the answer to the update that decides is lost, and
// the row cannot be read again. The other rows stay held until that is known.
func TestADoubtfulChangeIsNotHalfMade(t *testing.T) {
	at := address(t)
	first, _ := seeded(t, at)
	other := stranger(t, at, first)
	looked := false
	s := watched(t, at, first, func(name string, command bson.Raw) {
		switch {
		case !looked && lookedAt(name, command):
			looked = true
			failWatched(t, replica, "alwaysOn", bson.A{"find"}, callsLost())
		case looked && name == "update":
			failWatched(t, replica, "off", bson.A{"find"}, nil)
		}
	})
	use(t, s, "a", "b")
	failWatched(t, replica, bson.D{{Key: "skip", Value: 1}}, bson.A{"update"}, answersLost())
	err := s.UpdateQuotas(t.Context(), []string{"a", "b"}, func(rows []*limit.Row) error { rows[0].Used++; rows[1].Used++; return nil })
	failWatched(t, replica, "off", bson.A{"find"}, nil)
	if err == nil || !looked {
		t.Fatalf("the change is said to be made: %v", err)
	}
	if got := use(t, other, "a", "b"); !slices.Equal(got, []int{3, 3}) {
		t.Errorf("used are %v", got)
	}
}

// TestADecisionThatIsTakenBackIsNotFinished: a row was read at a primary whose last
// writes are lost with it.
func TestADecisionThatIsTakenBackIsNotFinished(t *testing.T) {
	s, _ := seeded(t, address(t))
	use(t, s, "a", "b")
	rows, err := s.settled(t.Context(), where("_id", where("$in", bson.A{"a", "b"})))
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	by := s.stamp()
	if err := s.hold(t.Context(), rows[1], held{by, "a"}); err != nil {
		t.Fatal(err)
	}
	lost := rows[0].next(rows[0].Row, by, &change{By: by, Rows: []wantedAs{{"b", `{"used":9}`}}})
	if err := s.help(t.Context(), lost, 0); err != nil {
		t.Fatal(err)
	}
	if got := use(t, s, "a", "b"); !slices.Equal(got, []int{2, 2}) {
		t.Errorf("used are %v", got)
	}
}

// TestAnUpdateThatComesLateIsKnown: a call is given up, and the server makes it all the
// same once it has been looked for.
func TestAnUpdateThatComesLateIsKnown(t *testing.T) {
	at := address(t)
	first, id := seeded(t, at)
	other := stranger(t, at, first)
	by := mark()
	filter, update := bson.D{{Key: "_id", Value: id}, {Key: "version", Value: 0}}, bson.D{{Key: "$inc", Value: where("version", 1)}, {Key: "$set", Value: where("by", by)}}
	looked := false
	s := watched(t, at, first, func(name string, command bson.Raw) {
		switch {
		case lookedAt(name, command):
			looked = true
		case looked && name == "update":
			looked = false
			failWatched(t, replica, "off", bson.A{"update"}, nil)
			if _, err := other.networks.UpdateOne(t.Context(), filter, update); err != nil {
				t.Error(err)
			}
		}
	})
	failWatched(t, replica, "alwaysOn", bson.A{"update"}, callsLost())
	if err := s.guarded(t.Context(), s.networks, id, filter, update, by); err != nil {
		t.Errorf("the update is said not to be made: %v", err)
	}
	failWatched(t, replica, "off", bson.A{"update"}, nil)
}

// TestALateChangeOfARowIsMadeOnce: a change of the ledger is given up, looked for, and
// about to be made again, when the server makes it all the same.
func TestALateChangeOfARowIsMadeOnce(t *testing.T) {
	at := address(t)
	first, _ := seeded(t, at)
	other := stranger(t, at, first)
	var late bson.RawValue // the updates that were given up
	looked, made := false, false
	s := watched(t, at, first, func(name string, command bson.Raw) {
		switch {
		case name == "update" && late.IsZero():
			late = command.Lookup("updates")
			late.Value = slices.Clone(late.Value)
		case lookedAt(name, command):
			looked = true
		case looked && !made && (name == "update" || name == "find"):
			made = true
			failWatched(t, replica, "off", bson.A{"update"}, nil)
			if err := other.quotas.Database().RunCommand(t.Context(), bson.D{{Key: "update", Value: other.quotas.Name()}, {Key: "updates", Value: late}}).Err(); err != nil {
				t.Error(err)
			}
		}
	})
	use(t, other, "k")
	failWatched(t, replica, "alwaysOn", bson.A{"update"}, callsLost())
	use(t, s, "k")
	failWatched(t, replica, "off", bson.A{"update"}, nil)
	if used := use(t, other, "k"); used[0] != 3 || !made {
		t.Errorf("three calls have used %v; one was made late: %v", used, made)
	}
}

// TestAReleaseIsKnownAfterOthers: a person wants something of the network before its
// owner looks whether the release was made, whose answer was lost.
func TestAReleaseIsKnownAfterOthers(t *testing.T) {
	at := address(t)
	first, id := seeded(t, at)
	other := stranger(t, at, first)
	var once sync.Once
	s := watched(t, at, first, func(name string, command bson.Raw) {
		if lookedAt(name, command) {
			once.Do(func() {
				failWatched(t, replica, "off", bson.A{"update"}, nil)
				if err := other.WishSync(t.Context(), id, false, noon); err != nil {
					t.Error(err)
				}
			})
		}
	})
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	failWatched(t, replica, "alwaysOn", bson.A{"update"}, answersLost())
	if err := s.Release(t.Context(), got[0].Lease, state.Progress{Mode: state.Normal, ScheduledTo: noon.Add(time.Hour)}); err != nil {
		t.Errorf("the release: %v", err)
	}
	failWatched(t, replica, "off", bson.A{"update"}, nil)
}

// TestAPageIsCountedOnce on a server alone, where the answer to the last step of a page
// is lost and a person wants something of the network before it is looked for.
func TestAPageIsCountedOnce(t *testing.T) {
	at := addressOn(t, alone)
	first, id := seeded(t, at)
	other := stranger(t, at, first)
	failing := false
	s := watched(t, at, first, func(name string, command bson.Raw) {
		of, _ := command.Lookup("find").StringValueOK()
		if failing && name == "find" && of == "networks" {
			failing = false
			failWatched(t, alone, "off", bson.A{"update"}, nil)
			if err := other.WishSync(t.Context(), id, false, noon); err != nil {
				t.Error(err)
			}
		}
	})
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	failing = true
	failWatched(t, alone, bson.D{{Key: "times", Value: 1}}, bson.A{"update"}, append(answersLost(), bson.E{Key: "namespace", Value: s.networks.Database().Name() + ".networks"}))
	if _, err := s.Commit(t.Context(), got[0].Lease, nextPage(got[0], got[0].Progress)); err != nil {
		t.Error(err)
	}
	if failing {
		t.Error("no answer was lost")
	}
	failWatched(t, alone, "off", bson.A{"update"}, nil)
	if err := integrity(first); err != nil {
		t.Error(err)
	}
}
