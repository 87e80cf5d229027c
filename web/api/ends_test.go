package api_test

import (
	"context"
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
}

// pasted is what somebody signs in with; no answer may hold it.
const pasted = "c4nary-c4nary-c4nary"

func newEnds(t *testing.T) *ends {
	return &ends{t.TempDir(), map[string]auth.Credential{}, []control.Told{{To: "ntfy", Sent: true}, {To: "mail", Reason: "it answered 401", Whose: "you", Next: "mend it"}}}
}

func (e *ends) testNotify(context.Context) ([]control.Told, error) { return e.told, nil }

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
