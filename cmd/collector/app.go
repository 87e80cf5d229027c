package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"collector/auth"
	"collector/broker/stomp"
	"collector/cluster"
	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/connectors/all"
	"collector/control"
	"collector/failpoint"
	"collector/limit"
	"collector/metrics"
	"collector/trace"
)

// app is what the sub-commands share.
type app struct {
	env    []string
	in     io.Reader
	out    io.Writer // data
	err    io.Writer // talk
	now    func() time.Time
	host   string
	free   func(folder string) (uint64, error) // bytes left on the disk of a folder
	offers []connectors.Connector              // the services, in the order of their list

	flags     flags
	conf      *config.Loaded                // set before a sub-command runs
	scrubber  *auth.Scrubber                // knows the secrets that were opened; nil before
	progress  *progress                     // nil unless the daemon runs
	watched   *watching                     // nil unless the daemon runs and somebody may watch
	starts    *metrics.Starts               // nil unless the daemon runs
	member    string                        // what this daemon is called in its cluster; "" for commands
	hub       cluster.Registry              // what instances in one process find each other by, in the demo; nil: as configured
	programs  *atomic.Pointer[stomp.Server] // nil unless the daemon runs; holds nil until STOMP is offered
	past      *limit.Past                   // nil unless the daemon runs
	rates     *control.Rates                // what this process has seen of the counts of jobs
	calls     *metrics.Minute               // sent to services of late; nil unless the daemon runs
	traces    *trace.Kept                   // nil unless the daemon runs
	simulated bool                          // the opened store is one of the demo
	moving    bool                          // a store that is half moved may be opened
	started   bool                          // the command line was understood: later errors are not about it
	lost      error                         // why data could not be written by printf; nil when all was
}

// flags are those that are no configuration keys.
type flags struct {
	config  string
	set     []string
	noInput bool
}

func newApp(env []string, in io.Reader, out, err io.Writer) *app {
	host, hostErr := os.Hostname()
	if hostErr != nil {
		host = "localhost"
	}
	return &app{env: env, in: in, out: out, err: err, now: failpoint.Now, host: host, free: diskFree, offers: all.Connectors(), rates: new(control.Rates)}
}

// main runs one command line and returns the exit code. A panic ends it with a
// text for a person, and without a secret.
func (a *app) main(ctx context.Context, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = a.bug(p)
		}
	}()
	root := a.root()
	root.SetArgs(args)
	return a.exit(root.ExecuteContext(ctx))
}

// getenv reads the environment that run was given.
func (a *app) getenv(name string) string {
	for i := len(a.env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(a.env[i], "="); k == name {
			return v
		}
	}
	return ""
}

func (a *app) infos() []connectors.Info {
	var out []connectors.Info
	for _, c := range a.offers {
		out = append(out, c.Info())
	}
	return out
}

// printf writes data. What could not be written makes the exit code a failure.
func (a *app) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(a.out, format, args...); err != nil && a.lost == nil {
		a.lost = err
	}
}

// say writes talk, unless --quiet.
func (a *app) say(format string, args ...any) {
	if a.conf == nil || !a.conf.Quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// terminal says whether a stream is a terminal, and how wide.
func terminal(stream any) (width int, is bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		width = 80
	}
	return width, true
}

// interactive says whether questions may be asked.
func (a *app) interactive() bool {
	_, in := terminal(a.in)
	_, out := terminal(a.err)
	return in && out && !a.flags.noInput
}

// colour says whether a stream gets colours.
func (a *app) colour(stream any) bool {
	_, is := terminal(stream)
	return is && !a.conf.NoColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// unicode says whether the locale prints more than ASCII.
func (a *app) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// exit prints an error and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil && a.lost != nil {
		err = problemOf(a.lost)
	}
	if err == nil {
		return exitOK
	}
	p, ours := errors.AsType[*problem](err)
	switch {
	case ours:
	case !a.started:
		p = you(exitUsage, "collector help", "%w", err)
	default:
		p = problemOf(err)
	}
	if p.reason != "" {
		p.write(a.err, a.scrub)
	}
	return p.code
}

// bug reports a panic: what it said and where, and that nothing is lost.
func (a *app) bug(p any) int {
	fmt.Fprintf(a.err, "error: a mistake in collector: %s\nwhose: collector\nnext:  report it with the lines below; what was collected is safe\n\n%s\n",
		plain(a.scrub(fmt.Sprint(p))), a.scrub(string(debug.Stack())))
	return exitOther
}
