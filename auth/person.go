package auth

import (
	"fmt"

	"collector/connectors"
	"collector/fault"
	"collector/state"
)

// SamePerson says whether a new credential belongs to the person whose account
// it is to sign in: two people's likes would mix in one account, and the next
// sweep would remove the first one's. Ids are compared, since names change. An
// account whose id is not known yet takes any person. The error wraps
// state.ErrOtherPerson.
func SamePerson(account, token connectors.Identity) error {
	if account.ID == "" || account.ID == token.ID {
		return nil
	}
	if token.ID == "" {
		return &fault.Error{
			Kind: fault.Forbidden, Whose: "you",
			Reason: fmt.Sprintf("the service does not say whose token this is, and the account is %s", called(account)),
			Next:   "give a token that may read its own profile",
		}
	}
	return &fault.Error{
		Kind: fault.Forbidden, Whose: "you", Err: silent{state.ErrOtherPerson},
		Reason: fmt.Sprintf("this token belongs to %s, the account is %s; connect it as a new account", called(token), called(account)),
	}
}

// silent keeps an error in the chain without its text.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

func called(id connectors.Identity) string {
	switch {
	case id.Name == "":
		return "id " + id.ID
	case id.Name[0] == '@':
		return id.Name
	}
	return "@" + id.Name
}
