package grant

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// counting counts the readings of a store.
type counting struct {
	*Memory
	n int
}

func (c *counting) List(ctx context.Context, user, after string, n int) ([]Record, error) {
	c.n++
	return c.Memory.List(ctx, user, after, n)
}

// TestSomeGrants: a page of them reads no more than so many, and one is found among all in one
// reading.
func TestSomeGrants(t *testing.T) {
	w := newWorld(t)
	for i := range someMost {
		w.made(Operator(), Ask{Kind: Feed, User: fmt.Sprint("user", i), Name: "x"})
	}
	_, anna := w.signedIn("anna", Read, Write)
	_, one := w.made(anna, Ask{Kind: Feed, User: "anna", Name: "one"})
	_, others := w.made(Operator(), Ask{Kind: Feed, User: "bob", Name: "other"})
	st := &counting{Memory: w.st}
	s := New(st, w.log)

	list, more, err := s.Some(t.Context(), w.now, Operator())
	if err != nil || !more || len(list) != someMost || st.n != someMost/page {
		t.Error(len(list), more, err, st.n)
	}
	list, more, err = s.Some(t.Context(), w.now, anna)
	if err != nil || more || len(list) != 2 {
		t.Error(list, more, err)
	}
	if _, _, err := s.Some(t.Context(), w.now, Who{User: "anna", Kind: Session, Scopes: []Scope{Read}}); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}

	st.n = 0
	for _, by := range []Who{Operator(), anna} {
		if r, err := s.One(t.Context(), w.now, by, one.ID); err != nil || r.ID != one.ID || r.Name != "one" {
			t.Error(r, err)
		}
	}
	if st.n != 2 {
		t.Errorf("%d readings", st.n)
	}
	for _, id := range []string{"", idMark, idMark + "x", one.ID + "x", one.ID[:len(one.ID)-1], one.ID + "\xff", one.ID + "é", others.ID} {
		if r, err := s.One(t.Context(), w.now, anna, id); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %+v %v", id, r, err)
		}
	}
	if _, err := s.One(t.Context(), w.now, Who{User: "anna", Kind: Session, Scopes: []Scope{Read}}, one.ID); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}
