package api_test

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/fault"
	"collector/item"
)

// ends are what the API reaches: a service, a folder, and the operator.
type ends struct {
	folder string
	kept   map[string]auth.Credential // by account
	told   []control.Told
	misset error // why it cannot be told
	mu     sync.Mutex
	pushed []control.Pushing
	line   func()                // is called for each line of accounts; nil: nobody is
	wait   func(context.Context) // in a push, once something was done; nil: it is not waited
}

// enrol refuses each line and reads on.
func (e *ends) enrol(_ context.Context, lines io.Reader, ask control.Enrolment) (out control.Enrolled, err error) {
	in := bufio.NewScanner(lines)
	for in.Scan() {
		out.Refused++
		out.Lines = append(out.Lines, control.RefusedLine{Line: out.Refused, Reason: "of " + ask.User})
		if e.line != nil {
			e.line()
		}
		if ask.Told != nil {
			ask.Told(control.Progressed{Read: out.Refused})
		}
	}
	return out, in.Err()
}

// push adds one like, and refuses another.
func (e *ends) push(ctx context.Context, w control.Pushing) (control.Pushed, error) {
	if strings.Contains(w.URL, "away") {
		return control.Pushed{}, fault.New(fault.Temporary, "it is away: hunter2")
	}
	e.mu.Lock()
	e.pushed = append(e.pushed, w)
	e.mu.Unlock()
	out := control.Pushed{Schema: 1, Looked: 2, Added: 1, Refused: 1, First: []control.Unpushed{{ID: "x"}}}
	if e.wait != nil {
		e.wait(ctx)
		return out, ctx.Err()
	}
	return out, nil
}

// pasted is what somebody signs in with; no answer may hold it.
const pasted = "c4nary-c4nary-c4nary"

func newEnds(t *testing.T) *ends {
	return &ends{folder: t.TempDir(), kept: map[string]auth.Credential{}, told: []control.Told{{To: "ntfy", Sent: true}, {To: "mail", Reason: "it answered 401", Whose: "you", Next: "mend it"}}}
}

func (e *ends) testNotify(context.Context) ([]control.Told, error) { return e.told, e.misset }

// reach is a service that knows octocat by what is pasted, hubot by another token, and
// nobody else.
func (e *ends) reach() control.Reach {
	return control.Reach{
		Whose: func(_ context.Context, c connectors.Connector, _ control.Wanted, cred auth.Credential) (connectors.Identity, auth.Credential, error) {
			for token, id := range map[string]connectors.Identity{pasted: {ID: "1", Name: "octocat", Scopes: []string{"nothing"}}, pasted + "-2": {ID: "2", Name: "hubot"}} {
				if cred.Access.Equal(auth.NewSecret(token)) || cred.AppPassword.Equal(auth.NewSecret(token)) {
					return id, cred, nil
				}
			}
			return connectors.Identity{}, cred, &fault.Error{Kind: fault.Unauthorized, Whose: "you", Reason: c.Info().Title + " answered 401: hunter2"}
		},
		Keep: func(_ context.Context, account string, cred auth.Credential) error {
			e.kept[account] = cred
			return nil
		},
		First: func(context.Context, connectors.Connector, control.Wanted, connectors.Identity, *auth.Credential) (connectors.Page, error) {
			return connectors.Page{Items: make([]item.Item, 2), Next: "2", Pages: 3}, nil
		},
		Allow: func(context.Context, connectors.Info, int) error { return nil },
	}
}
