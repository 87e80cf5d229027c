package headline

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/state"
	"collector/store"
)

// pageSize is how many items a page has.
const pageSize = 100

// Place is where runs store: a store with all accounts in it, of which each run
// gets a copy.
type Place interface {
	Prepared() string // address of that store
	Open(ctx context.Context, address string) (store.Store, error)
	Copy(ctx context.Context) (address string, err error)
	Drop(ctx context.Context, address string) error
	// Count counts the items of a store, and how many of them searches find.
	Count(ctx context.Context, address string) (items, searchable int, err error)
	// CPU is the CPU time of the database server so far; 0 where there is none.
	CPU() (time.Duration, error)
}

// Rig is the programs, a simulated service that runs, and a store with its
// accounts in it, from which every run begins.
type Rig struct {
	figure.Run
	place           Place
	collector, bare string // programs
	service         *exec.Cmd
	stop            io.Closer
	url             string
	accounts        []account
	likes           int // of each account
}

// account is one that the service has.
type account struct{ ID, Name, Token string }

// NewRig starts a service with so many accounts, each with so many likes, and
// connects them in a place. The caller ends it with Close.
func NewRig(ctx context.Context, r figure.Run, in Place, accounts, likes int) (*Rig, error) {
	b := &Rig{Run: r, place: in, likes: likes}
	if err := b.prepare(ctx, accounts); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Rig) prepare(ctx context.Context, accounts int) error {
	programs := filepath.Join(b.Root, "dist", "bench") // kept, so that the next run need not link them again
	if err := os.MkdirAll(programs, 0o755); err != nil {
		return fmt.Errorf("making a folder for the programs: %w", err)
	}
	var service string
	for _, p := range []struct {
		into *string
		pkg  string
	}{{&b.collector, "./cmd/collector"}, {&b.bare, "./bench/headline/floor"}, {&service, "./bench/service"}} {
		var err error
		if *p.into, err = process.Build(ctx, b.Root, programs, p.pkg); err != nil {
			return err
		}
	}
	if err := b.serve(ctx, service, accounts); err != nil {
		return err
	}
	return b.connect(ctx)
}

// serve starts the service and waits until it says where it is.
func (b *Rig) serve(ctx context.Context, program string, accounts int) error {
	b.service = exec.CommandContext(ctx, program, "-accounts", strconv.Itoa(accounts), "-likes", strconv.Itoa(b.likes))
	var talk bytes.Buffer
	b.service.Stderr = &talk
	in, err := b.service.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting the service: %w", err)
	}
	b.stop = in
	out, err := b.service.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting the service: %w", err)
	}
	if err := b.service.Start(); err != nil {
		b.service = nil
		return fmt.Errorf("starting the service: %w", err)
	}
	var hello struct {
		URL      string
		Accounts []account
	}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&hello); err != nil {
		return fmt.Errorf("starting the service: %w\n%s", err, &talk)
	}
	b.url, b.accounts = hello.URL, hello.Accounts
	return nil
}

// Close ends the service.
func (b *Rig) Close() error {
	if b.service == nil {
		return nil
	}
	return errors.Join(b.stop.Close(), b.service.Wait())
}

// connect makes the store that every run begins with: all accounts connected and
// known by name, as after `collector connect`, and nothing read yet.
func (b *Rig) connect(ctx context.Context) error {
	key := make([]byte, 32)
	rand.Read(key) // never fails: it ends the program where the system has no randomness
	if err := os.WriteFile(b.key(), []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		return fmt.Errorf("making a secret key: %w", err)
	}
	var lines bytes.Buffer
	ids := map[string]string{}
	for i, a := range b.accounts {
		ids[a.Name] = a.ID
		user := fmt.Sprint("user", i/100) // connecting looks at all accounts of the user
		if err := json.NewEncoder(&lines).Encode(map[string]string{"service": "github", "user": user, "name": a.Name, "token": a.Token}); err != nil {
			return err
		}
	}
	cmd := b.command(ctx, b.place.Prepared(), 16, "accounts", "import", "-")
	cmd.Stdin = &lines
	if _, _, err := process.Run(cmd); err != nil {
		return err
	}
	st, err := b.place.Open(ctx, b.place.Prepared())
	if err != nil {
		return err
	}
	all, err := st.Accounts(ctx, "")
	for _, a := range all {
		if err == nil {
			err = st.Learn(ctx, a.ID, state.Identity{ID: ids[a.Name], Name: a.Name})
		}
	}
	if err == nil && len(all) != len(b.accounts) {
		err = fmt.Errorf("of %d accounts %d were connected", len(b.accounts), len(all))
	}
	return errors.Join(err, st.Close())
}

func (b *Rig) key() string { return filepath.Join(b.Dir, "collector.key") }

// command is the product with a store, with so many workers.
func (b *Rig) command(ctx context.Context, address string, workers int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.collector, args...)
	cmd.Dir = b.Dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "COLLECTOR_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "COLLECTOR_STORE="+address, "COLLECTOR_SECRET_KEY_FILE="+b.key(),
		"COLLECTOR_GITHUB_URL="+b.url, "COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_QUIET=true", "COLLECTOR_LOG_LEVEL=warn",
		"COLLECTOR_WORKERS="+strconv.Itoa(workers))
	return cmd
}

// Latency sets how long the service takes for each answer.
func (b *Rig) Latency(ctx context.Context, d time.Duration) error {
	_, err := b.ask(ctx, "/bench/latency?is="+d.String())
	return err
}

// seen is what the service saw since it was asked last.
type seen struct{ Asked, Most int }

func (b *Rig) seen(ctx context.Context) (seen, error) {
	var s seen
	text, err := b.ask(ctx, "/bench/seen")
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

func (b *Rig) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+path, nil)
	if err != nil {
		return nil, err
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the service: %w", err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("asking the service: status %d: %s", reply.StatusCode, text)
	}
	return text, err
}
