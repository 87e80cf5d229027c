package auth

import (
	"hash/fnv"
	"strings"
	"time"

	"collector/auth/providers"
	"collector/fault"
)

// steps are the ways to a fresh token from what is stored.
func (k *Keeper) steps(who Who, c Credential) []providers.Step {
	p := k.providers[who.Provider]
	if p == nil {
		return nil
	}
	return p.Renew(providers.Has{
		Access: !c.Access.Empty(), Refresh: !c.Refresh.Empty(),
		ClientID: !c.ClientID.Empty(), ClientSecret: !c.ClientSecret.Empty(),
		Password: !c.Identifier.Empty() && !c.AppPassword.Empty(),
	})
}

// signs says that calls can be signed with what is stored: with an access token or,
// where no sign-in of the provider makes tokens of it, with a password.
func (k *Keeper) signs(who Who, c Credential) bool {
	return !c.Access.Empty() || !c.AppPassword.Empty() && k.providers[who.Provider] == nil
}

// due says that a fresh token is needed now: 5 minutes, or a tenth of its life,
// before it ends, and up to a third of that earlier, spread over accounts and
// instances. A token younger than a minute is not due, whatever the clocks say.
func (k *Keeper) due(who Who, c Credential) bool {
	if c.Access.Empty() {
		return true
	}
	now := k.now()
	if age := now.Sub(c.IssuedAt); c.ExpiresAt.IsZero() || age >= 0 && age < time.Minute {
		return false
	}
	early := 5 * time.Minute
	if life := c.ExpiresAt.Sub(c.IssuedAt); !c.IssuedAt.IsZero() && life > 0 {
		early = min(early, life/10)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(who.Account + "\x00" + k.owner)) // a Hash never returns an error
	early += early * time.Duration(h.Sum32()%100) / 300
	return !now.Before(c.ExpiresAt.Add(-early))
}

// dead is the error of an account that only its user can bring back.
func dead(who Who, why string) *fault.Error {
	return &fault.Error{Kind: fault.Unauthorized, Revoked: true, Reason: why, Whose: "you", Next: Connect(who)}
}

// Connect is the command that signs an account in again.
func Connect(who Who) string {
	service, account, _ := strings.Cut(who.Name, "/")
	if service == "" {
		service = who.Provider
	}
	cmd := "collector connect " + service
	if account != "" {
		cmd += " --name " + account
	}
	if who.User != "" && who.User != "me" {
		cmd += " --user " + who.User
	}
	return cmd
}

func reason(err error, otherwise string) string {
	if f := fault.As(err); f != nil {
		return f.Reason
	}
	return otherwise
}
