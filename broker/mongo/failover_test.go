//go:build mongo

package mongo

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
	"collector/queue"
	queuemongo "collector/queue/mongo"
	"collector/store/mongo/mongotest"
)

var (
	failovers = flag.Int("broker.failovers", 2, "times that the primary dies or resigns under load, in turn")
	every     = flag.Duration("broker.every", 10*time.Second, "from one failover to the next")
)

const (
	loadQueue, loadTopic = "/queue/load", "/topic/load"
	together             = 10 // messages of a call
	leaseUnderLoad       = 6 * time.Second
	arriving             = 30 * time.Second // how long nothing may arrive of what is missing at the end
	roundsMost           = 4                // more than were asked for, for a call that fails
)

// load is what messages went through, as their producers and consumers were told.
type load struct {
	mu      sync.Mutex
	said    map[string]bool  // ids that Send returned nil for
	acked   map[string]int   // of the queue: acknowledgements that the store took
	unsure  map[string]bool  // of the queue: an acknowledgement failed or was late, and may have been taken or not
	again   int              // deliveries that were marked as repeated
	topics  []map[string]int // of the topic: how often each subscriber saw it
	newest  [3]int64         // position that each subscriber saw last
	reports int              // calls to the store that failed and were made again
	refused int              // calls that were to store messages of the queue and ended with an error
	sent    time.Time        // when something was said to be stored last
}

// counted counts the calls that were to store jobs and ended with an error, whatever is made of that.
type counted struct {
	queue.Store
	l *load
}

func (c counted) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	added, err := c.Store.Add(ctx, now, mark, jobs)
	if err != nil {
		c.l.do(func() { c.l.refused++ })
	}
	return added, err
}

func (l *load) do(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

// named is what a message is known by here, whoever named it.
func named(m broker.Message) string {
	return m.Destination + " " + string(bytes.TrimRight(m.Body, "\x00"))
}

// produce sends until it is told to stop. A call ends when its messages are stored, however
// long that takes.
func (l *load) produce(ctx context.Context, t *testing.T, b *broker.Broker, name, destination string, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
		ms := make([]broker.Message, together)
		for i := range ms {
			ms[i] = broker.Message{ID: fmt.Sprintf("%s-%05d-%d", name, n, i), Destination: destination, Priority: broker.DefaultPriority, Body: make([]byte, 200)}
			copy(ms[i].Body, ms[i].ID)
			if destination == loadQueue && n%2 == 1 {
				ms[i].ID = "" // the broker names it, and hands it over before it is stored where it can
			}
		}
		if err := b.Send(ctx, time.Now(), ms); err != nil {
			if ctx.Err() == nil {
				t.Errorf("sending: %v", err)
			}
			return
		}
		l.do(func() {
			l.sent = time.Now()
			for _, m := range ms {
				l.said[named(m)] = true
			}
		})
	}
}

// consume takes from the queue, and acknowledges what came together. An acknowledgement that
// is answered after the end of a lease says that the message is gone, by whomever.
func (l *load) consume(ctx context.Context, t *testing.T, s broker.Stream) {
	kept := 0
	for {
		ms, err := s.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("receiving: %v", err)
			}
			return
		}
		came := time.Now()
		if kept++; kept%5 == 0 {
			wait(ctx, 40*time.Millisecond) // longer than what was handed over stays unstored
		}
		ids := make([]string, len(ms))
		for i, m := range ms {
			ids[i] = m.ID
		}
		err = s.Ack(ctx, time.Now(), ids...)
		l.do(func() {
			for _, m := range ms {
				id := named(m)
				if m.Redelivered {
					l.again++
				}
				if err == nil && time.Since(came) < leaseUnderLoad {
					l.acked[id]++
				} else {
					l.unsure[id] = true
				}
			}
		})
	}
}

// follow takes from the topic.
func (l *load) follow(ctx context.Context, t *testing.T, s broker.Stream, who int) {
	var last int64
	for {
		ms, err := s.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("subscriber %d: %v", who, err)
			}
			return
		}
		l.do(func() {
			for _, m := range ms {
				if m.Position <= last {
					t.Errorf("subscriber %d saw position %d after %d", who, m.Position, last)
				}
				last = m.Position
				l.newest[who] = last
				l.topics[who][named(m)]++
			}
		})
	}
}

// missing is how much of what was said to be stored has not arrived: at a consumer, or at
// all subscribers.
func (l *load) missing() (n int) {
	l.do(func() {
		for id := range l.said {
			there := l.acked[id] > 0 || l.unsure[id]
			if strings.HasPrefix(id, loadTopic) {
				there = !slices.ContainsFunc(l.topics, func(seen map[string]int) bool { return seen[id] == 0 })
			}
			if !there {
				n++
			}
		}
	})
	return n
}

// process is a broker with stores over a connection of its own.
func (l *load) process(t *testing.T, set *mongotest.Servers, name string, patience time.Duration) *broker.Broker {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(set.URI("")).SetHeartbeatInterval(500 * time.Millisecond).SetConnectTimeout(3 * time.Second).SetTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	db := client.Database("load")
	jobs, err := queuemongo.Open(t.Context(), db, queuemongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jobs.Close)
	log, err := Open(t.Context(), db, broker.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	b := broker.New(counted{jobs, l}, log, broker.Options{Owner: name, Lease: leaseUnderLoad, Report: func(err error) {
		t.Logf("%s: %v", name, err)
		l.do(func() { l.reports++ })
	}})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return b
}

// TestFailoverUnderLoad has three processes send to and take from a queue and a topic on
// three servers while the primary is killed or resigns every ten seconds: no message that was
// said to be stored is lost, none of the queue is acknowledged twice, and each subscriber of
// the topic gets each once. One process waits for a server longer than an election takes. The
// others do not, so that their calls fail and are made again; what one of them sends to the
// queue shares no call with what the other sends to the topic, and is handed to no consumer of
// its own process, which would get it though nothing could be stored.
func TestFailoverUnderLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*failovers+roundsMost)*(*every+time.Minute)+3*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := mongotest.Replica(ctx, program, filepath.Join(t.TempDir(), "set"), 3)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	l := &load{said: map[string]bool{}, acked: map[string]int{}, unsure: map[string]bool{}}
	processes := []struct {
		name     string
		patience time.Duration
		sends    []string
		takes    bool // of the queue
	}{
		{"patient", 20 * time.Second, []string{loadQueue, loadTopic}, true},
		{"hasty with the queue", 1500 * time.Millisecond, []string{loadQueue}, false},
		{"hasty with the topic", 1500 * time.Millisecond, []string{loadTopic}, true},
	}
	brokers := make([]*broker.Broker, len(processes))
	stop := make(chan struct{})
	taking, end := context.WithCancel(ctx)
	defer end()
	var producers, consumers sync.WaitGroup
	subscribe := func(b *broker.Broker, s broker.Subscription) broker.Stream {
		stream, err := b.Subscribe(ctx, time.Now(), s)
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	for i, p := range processes {
		b := l.process(t, set, p.name, p.patience)
		l.do(func() { l.topics = append(l.topics, map[string]int{}) })
		topic := subscribe(b, broker.Subscription{Destination: loadTopic})
		if p.takes {
			queue := subscribe(b, broker.Subscription{Destination: loadQueue, Ack: broker.Individual})
			consumers.Go(func() { l.consume(taking, t, queue) })
		}
		consumers.Go(func() { l.follow(taking, t, topic, i) })
		brokers[i] = b
	}
	for i, p := range processes { // now that all who want the topic have subscribed
		for n, destination := range p.sends {
			producers.Go(func() { l.produce(ctx, t, brokers[i], fmt.Sprint(i, n), destination, stop) })
		}
	}
	l.do(func() { l.refused = 0 })
	refused := func() (n int) { l.do(func() { n = l.refused }); return n }
	for round := 0; round < *failovers || refused() == 0 && round < *failovers+roundsMost; round++ {
		next := time.After(*every)
		if err := set.Whole(ctx); err != nil {
			t.Fatal(err)
		}
		begun, way := time.Now(), "was killed"
		primary, err := set.Primary(ctx)
		if err == nil && round%2 == 0 {
			err = primary.Kill()
		} else if err == nil {
			way = "resigned"
			err = set.Resign(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Primary(ctx); err != nil {
			t.Fatal(err)
		}
		elected := time.Now()
		for l.last().Before(elected) && ctx.Err() == nil {
			wait(ctx, reopen)
		}
		t.Logf("round %d: the primary %s; messages were stored again within %v", round, way, time.Since(begun).Round(time.Millisecond))
		if way == "was killed" {
			if err := set.Restart(ctx, primary); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-next:
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		}
	}
	close(stop)
	producers.Wait()
	for left, since := l.missing(), time.Now(); left > 0 && time.Since(since) < arriving; {
		wait(ctx, reopen)
		if now := l.missing(); now < left {
			left, since = now, time.Now()
		}
	}
	end()
	consumers.Wait()
	l.judge(t)
}

func (l *load) last() (at time.Time) {
	l.do(func() { at = l.sent })
	return at
}

// judge holds what arrived to what was said.
func (l *load) judge(t *testing.T) {
	t.Helper()
	if n := l.missing(); n > 0 {
		t.Errorf("%d messages that were said to be stored did not arrive; the subscribers have come to the positions %v", n, l.newest)
	}
	l.do(func() {
		for id, n := range l.acked {
			if n > 1 {
				t.Errorf("%s was acknowledged %d times", id, n)
			}
		}
		for who, seen := range l.topics {
			for id, n := range seen {
				if n > 1 {
					t.Errorf("subscriber %d saw %s %d times", who, id, n)
				}
			}
		}
		for who, seen := range l.topics[1:] {
			if !maps.Equal(seen, l.topics[0]) {
				t.Errorf("subscriber %d saw %d messages and the first one %d, or others", who+1, len(seen), len(l.topics[0]))
			}
		}
		if len(l.said) < 100 || l.reports == 0 || l.refused == 0 {
			t.Errorf("%d messages, %d failed calls and %d that were to store messages of the queue are too few", len(l.said), l.reports, l.refused)
		}
		t.Logf("%d messages said to be stored; of the queue %d acknowledged, %d with an error, %d delivered again; %d kinds of calls failed for a while and were made again",
			len(l.said), len(l.acked), len(l.unsure), l.again, l.reports)
	})
}
