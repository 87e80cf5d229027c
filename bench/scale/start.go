package scale

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

// start measures from the start of the program to the first page that it has
// collected, on a store that holds all those items already.
func (p *Programs) start(ctx context.Context, db string, items int) (figures []figure.Figure, err error) {
	times := max(1, p.Repeats)
	service := exec.CommandContext(ctx, p.path[1], "-accounts", fmt.Sprint(times), "-likes", "100")
	in, err := service.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := service.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := service.Start(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close(), service.Wait()) }()
	var hello struct {
		URL      string
		Accounts []struct{ ID, Name, Token string }
	}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&hello); err != nil {
		return nil, fmt.Errorf("starting the service: %w", err)
	}
	more := []string{"COLLECTOR_GITHUB_URL=" + hello.URL, "COLLECTOR_ALLOW_PRIVATE=127.0.0.1"}
	var took []float64
	for _, a := range hello.Accounts {
		connect := p.command(ctx, "sqlite:"+db, more, "connect", "github", "--token-stdin", "--name", a.Name)
		connect.Stdin = strings.NewReader(a.Token)
		if _, _, err := process.Run(connect); err != nil {
			return nil, err
		}
		began := time.Now()
		stop, _, err := p.daemon(ctx, db, more...)
		if err != nil {
			return nil, err
		}
		err = until(ctx, db, "SELECT items FROM networks WHERE account = '"+a.Name+"'")
		took = append(took, time.Since(began).Seconds())
		if err = errors.Join(err, stop()); err != nil {
			return nil, err
		}
	}
	return []figure.Figure{{
		Name: "search/start", Unit: "s", Ours: figure.Median(took), Limit: 1, Repeats: times,
		Note: "the program's start to its first collected page, on a store of " + short(items) + " items",
	}}, nil
}
