package stomp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

// Measurements are those that need no database server.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "stomp/memory", What: "messages through a STOMP queue in memory, against RabbitMQ's transient ones", Do: func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
			return Compare(ctx, r, []Way{{Name: "stomp/memory", Store: "memory", Messages: 50_000, Ours: "persistent:false, in memory", Theirs: "transient"}})
		}},
		{Name: "stomp/sqlite", What: "messages through a STOMP queue in a file, against RabbitMQ's persistent ones", Do: func(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
			file := "sqlite:" + filepath.Join(r.Dir, "messages.db")
			return Compare(ctx, r, []Way{
				{Name: "stomp/sqlite/posted", Store: file, Persistent: true, Messages: 30_000, Ours: "no receipts", Theirs: "persistent without confirms"},
				{Name: "stomp/sqlite/receipts", Store: file, Persistent: true, Receipts: true, Messages: 10_000, Ours: "a receipt each, synchronous=FULL", Theirs: "persistent with confirms"},
			})
		}},
	}
}

// Way is one way of sending messages: how safe they are, and where ours are kept.
type Way struct {
	Name       string // of its figures
	Store      string // where ours are kept: memory, sqlite:FILE or mongodb://…
	W1         bool   // over MongoDB the primary alone acknowledges
	Persistent bool
	Receipts   bool // one for each message
	Messages   int
	// Ours and Theirs say what is promised of a message.
	Ours, Theirs string
	// Database is the CPU time so far of the server that keeps ours; nil where there is none.
	Database func() (time.Duration, error)
}

// side is one of the two servers.
type side struct {
	name    string
	address string
	login   []string
	cpus    []func() (time.Duration, error) // of its processes
}

// Compare measures each way beside RabbitMQ, pair after pair.
func Compare(ctx context.Context, r figure.Run, ways []Way) (figures []figure.Figure, err error) {
	programs := filepath.Join(r.Root, "dist", "bench") // kept, so that the next run need not link them again
	if err := os.MkdirAll(programs, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for the programs: %w", err)
	}
	program, err := process.Build(ctx, r.Root, programs, "./bench/stomp/server")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(r.Dir, "rabbit")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for RabbitMQ: %w", err)
	}
	var theirs *side
	rabbit, missing := startRabbit(ctx, dir)
	switch {
	case errors.Is(missing, errNoRabbit):
		r.Log("%v", missing)
	case missing != nil:
		return nil, missing
	default:
		defer func() { err = errors.Join(err, rabbit.stop()) }()
		theirs = &side{rabbit.server, rabbit.address, rabbit.login(), []func() (time.Duration, error){rabbit.cpu}}
	}
	for _, w := range ways {
		fs, err := w.compare(ctx, r, program, theirs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		for i := range fs {
			if missing != nil {
				fs[i].Note += "; alone: " + missing.Error()
			}
		}
		figures = append(figures, fs...)
	}
	return figures, nil
}

// compare measures one way. theirs is nil where there is no RabbitMQ.
func (w Way) compare(ctx context.Context, r figure.Run, program string, theirs *side) (figures []figure.Figure, err error) {
	args := []string{"-store", w.Store}
	if w.W1 {
		args = append(args, "-w1")
	}
	m, err := startOurs(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	mine := &side{name: "ours", address: m.address, cpus: []func() (time.Duration, error){m.cpu}}
	if w.Database != nil {
		mine.cpus = append(mine.cpus, w.Database)
	}
	n := w.Messages
	if r.Short {
		n = 200
	}
	var rates, cpus [2][]float64 // of ours and theirs
	for i := -1; i < r.Repeats; i++ {
		messages := n
		if i < 0 { // what is done the first time is done: queues, code, caches
			messages = min(n, 1000)
		}
		for who, s := range []*side{mine, theirs} {
			if s == nil {
				continue
			}
			rate, cpu, err := w.through(ctx, s, messages, i)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			if i >= 0 {
				rates[who], cpus[who] = append(rates[who], rate), append(cpus[who], cpu)
				r.Log("%s, run %d of %d, %s: %.0f messages/s, %.0f µs of CPU each", w.Name, i+1, r.Repeats, s.name, rate, cpu)
			}
		}
	}
	note := fmt.Sprintf("%s; bodies of %d bytes, %d in the consumer's hands", w.Ours, size, inHand)
	rate := figure.Figure{Name: w.Name + "/rate", Unit: "messages/s", Ours: figure.Median(rates[0]), AtLeast: true, Repeats: r.Repeats, Note: note}
	cpu := figure.Figure{Name: w.Name + "/cpu", Unit: "µs", Ours: figure.Median(cpus[0]), Repeats: r.Repeats, Note: "a message, of the servers; " + w.Ours}
	if theirs != nil {
		rate.Floor, rate.Against, rate.Limit = figure.Median(rates[1]), theirs.name+", "+w.Theirs, 1
		cpu.Floor, cpu.Against, cpu.Limit = figure.Median(cpus[1]), rate.Against, 1
	}
	return []figure.Figure{rate, cpu}, nil
}

// through sends messages through a queue that is used once. It returns how many went
// through a second, and the CPU time of the servers for each, in µs.
func (w Way) through(ctx context.Context, s *side, n, run int) (rate, cpu float64, err error) {
	spent := func() (all time.Duration, err error) {
		for _, of := range s.cpus {
			d, failed := of()
			all, err = all+d, errors.Join(err, failed)
		}
		return all, err
	}
	before, err := spent()
	if err != nil {
		return 0, 0, err
	}
	l := load{messages: n, persistent: w.Persistent, receipts: w.Receipts, login: s.login}
	took, err := l.run(ctx, s.address, fmt.Sprintf("/queue/%x-%d", w.Name, run+1))
	if err != nil {
		return 0, 0, err
	}
	after, err := spent()
	return float64(n) / took.Seconds(), float64((after - before).Microseconds()) / float64(n), err
}
