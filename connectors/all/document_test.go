package all

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"collector/connectors"
)

var update = flag.Bool("update", false, "write docs/SERVICES.md anew")

// TestServicesAreDocumented holds docs/SERVICES.md to what the connectors say of
// themselves.
func TestServicesAreDocumented(t *testing.T) {
	const file = "../../docs/SERVICES.md"
	want := document(Connectors())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the connectors say: go test ./connectors/all -run %s -update", file, t.Name())
	}
}

// document is all services as Markdown.
func document(all []connectors.Connector) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("# Services\n\nMade from what the connectors say of themselves (`Info`), by `go test ./connectors/all -run ServicesAreDocumented -update`; not edited by hand.\n")
	say("| service | collects | polls | order of the list | asks about one | held to |")
	say("|---|---|---|---|---|---|")
	for _, c := range all {
		in := c.Info()
		say("| [`%s`](#%s) | %s | %s | %s | %s | %s |", in.Name, in.Name, in.Title, polls(in), order(in), asks(c), heldTo(in.Tested))
	}
	say(`
*Held to*: each connector passes the kit over recordings that were invented in the shape that the API's
documents show, and reads a simulated service. Beside that: **real server**, the service's own program, run in the
test; **real replies**, recorded by others; **description**, the provider's own, which a mock server enforces.`)
	for _, c := range all {
		in := c.Info()
		say("\n## %s\n\n%s. [Documents](%s).\n", in.Name, in.Title, in.Docs)
		say("- **Connect**: %s", in.Connect)
		for _, s := range in.Auth.Scopes {
			say("- **Permission** `%s`: %s", s.Name, s.Why)
		}
		switch {
		case in.Servers && in.Server != "":
			say("- **Server**: %s, or your own", in.Server)
		case in.Servers:
			say("- **Server**: your own, with `--server`")
		default:
			say("- **Server**: %s", strings.Join(in.Hosts, ", "))
		}
		for _, p := range in.Params {
			need := ""
			if p.Required {
				need = ", needed"
			}
			say("- **Setting** `--param %s=…`: %s%s", p.Name, p.Help, need)
		}
		for _, q := range in.Quotas {
			say("- **Quota** `%s`: %s", q.Name, quota(q))
		}
		if in.Window > 0 {
			say("- **Shows** the newest %d only", in.Window)
		}
		for _, l := range in.Limits {
			say("- **Cannot show**: %s", l)
		}
	}
	return b.String()
}

func polls(in connectors.Info) string {
	return [...]string{
		connectors.PollNewest:  "newest first, until what is known",
		connectors.PollForward: "forward, from where the last one ended",
		connectors.PollSweep:   "the whole list",
	}[in.Poll]
}

func order(in connectors.Info) string {
	if in.Order == connectors.Unordered {
		return "none"
	}
	return "by like time"
}

// asks says what the service can be asked beside its list.
func asks(c connectors.Connector) string {
	out := []string{}
	if _, ok := c.(connectors.Identifier); ok {
		out = append(out, "who am I")
	}
	if _, ok := c.(connectors.Checker); ok {
		out = append(out, "is it still liked")
	}
	if _, ok := c.(connectors.Hydrator); ok {
		out = append(out, "its details")
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

func heldTo(e connectors.Evidence) string {
	var out []string
	for _, one := range []struct {
		is   connectors.Evidence
		name string
	}{{connectors.RealServer, "real server"}, {connectors.RealReplies, "real replies"}, {connectors.ProviderDescription, "description"}} {
		if e&one.is != 0 {
			out = append(out, one.name)
		}
	}
	if len(out) == 0 {
		return "documented shapes"
	}
	return strings.Join(out, ", ")
}

func quota(q connectors.Quota) string {
	unit := q.Unit
	if unit == "" {
		unit = "calls"
	}
	if q.N == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	text := fmt.Sprintf("%d %s", q.N, unit)
	switch q.Calendar {
	case connectors.DayUTC:
		text += " a day, from midnight UTC"
	case connectors.DayPacific:
		text += " a day, from midnight in California"
	case connectors.MonthUTC:
		text += " a month"
	default:
		text += " in " + length(q.Per)
		if q.Rolling {
			text += ", rolling"
		}
	}
	return text + [...]string{
		connectors.PerAccount: ", for each account",
		connectors.PerApp:     ", for the whole application",
		connectors.PerHost:    ", for each server",
		connectors.PerAddress: ", for this machine's address at each server",
	}[q.Scope]
}

// length is a duration without zeros: "5m", "1h".
func length(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
