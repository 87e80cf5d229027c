package auth

import (
	"errors"
	"testing"

	"collector/connectors"
	"collector/state"
)

func TestAnotherPersonsTokenIsRefused(t *testing.T) {
	a, b := connectors.Identity{ID: "1", Name: "a"}, connectors.Identity{ID: "2", Name: "@b"}
	err := SamePerson(a, b)
	if !errors.Is(err, state.ErrOtherPerson) || err.Error() != "this token belongs to @b, the account is @a; connect it as a new account" {
		t.Errorf("got %v", err)
	}
	if err := SamePerson(a, connectors.Identity{ID: "1", Name: "renamed"}); err != nil {
		t.Errorf("a new name: %v", err)
	}
	if err := SamePerson(connectors.Identity{Name: "a"}, b); err != nil {
		t.Errorf("an account that does not know its id yet: %v", err)
	}
	if err := SamePerson(a, connectors.Identity{}); err == nil || errors.Is(err, state.ErrOtherPerson) {
		t.Errorf("a token that does not say whose it is: %v", err)
	}
	if err := SamePerson(connectors.Identity{ID: "did:plc:x"}, connectors.Identity{ID: "did:plc:y"}); err.Error() != "this token belongs to id did:plc:y, the account is id did:plc:x; connect it as a new account" {
		t.Errorf("without names: %v", err)
	}
}
