package saved

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"collector/search"
	"collector/store/memory"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func names(t *testing.T, st Values, user string) string {
	t.Helper()
	list, err := List(t.Context(), st, user)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range list {
		out = append(out, s.Name+"="+s.Query)
	}
	return strings.Join(out, "; ")
}

// TestSearchesOfAUser follows them through their life, and those of another beside them.
func TestSearchesOfAUser(t *testing.T) {
	ctx, st := t.Context(), memory.New()
	save := func(user, name, query string) {
		t.Helper()
		if err := Save(ctx, st, user, Search{Name: name, Query: query}, noon); err != nil {
			t.Fatal(err)
		}
	}
	save("me", "Raft", "raft -paxos")
	save("me", " all ", "")
	save("you", "Raft", "zab")
	save("me", "RAFT", ` raft age:<30d `)
	for user, want := range map[string]string{"me": "all=; RAFT=raft age:<30d", "you": "Raft=zab", "nobody": ""} {
		if got := names(t, st, user); got != want {
			t.Errorf("of %s: %s, want %s", user, got, want)
		}
	}
	s, err := Get(ctx, st, "me", "raft")
	if err != nil || s != (Search{Name: "RAFT", Query: "raft age:<30d", SavedAt: noon}) {
		t.Errorf("by name: %+v, %v", s, err)
	}
	for _, day := range []time.Time{noon, noon.AddDate(0, 0, 7)} { // an age counts from when it is run
		e, bad := search.Parse(s.Query, day)
		if and, is := e.(search.And); bad != nil || !is || !and[1].(search.Time).From.Equal(day.AddDate(0, 0, -30)) {
			t.Errorf("on %s it asks for %#v, %v", day, e, bad)
		}
	}
	if _, err := Get(ctx, st, "you", "all"); !errors.Is(err, ErrNone) {
		t.Errorf("another user's: %v", err)
	}
	if err := errors.Join(Remove(ctx, st, "me", "all"), Move(ctx, st, st, "me")); err != nil {
		t.Fatal(err)
	}
	if err := Remove(ctx, st, "me", "all"); !errors.Is(err, ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	into := memory.New()
	if err := errors.Join(Move(ctx, st, into, "me"), Move(ctx, st, into, "nobody")); err != nil {
		t.Fatal(err)
	}
	if n, err := Forget(ctx, st, "me"); n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if got := []string{names(t, st, "me"), names(t, st, "you"), names(t, into, "me")}; !reflect.DeepEqual(got, []string{"", "Raft=zab", "RAFT=raft age:<30d"}) {
		t.Errorf("after one user was forgotten: %q", got)
	}
	if text, err := st.Meta(ctx, key("me")); text != "" || err != nil || strings.Contains(key("me"), "me") {
		t.Errorf("%q is left under %q, %v", text, key("me"), err)
	}
}

// TestSaveRefuses what could not be run or shown.
func TestSaveRefuses(t *testing.T) {
	ctx, st := t.Context(), memory.New()
	for _, c := range []struct {
		name, query string
		want        error
	}{
		{"", "raft", ErrName},
		{" ", "raft", ErrName},
		{strings.Repeat("é", 61), "raft", ErrName},
		{"a\nb", "raft", ErrName},
		{"a\x1b[31m", "raft", ErrName},
		{"\xff", "raft", ErrName},
		{"a\u202eb", "raft", ErrName},
		{"a", "raft (", ErrText},
		{"a", "langs:go", ErrText},
		{"a", strings.Repeat("x", 2001), ErrText},
		{"a", "raft \xff", ErrText},
	} {
		if err := Save(ctx, st, "me", Search{Name: c.name, Query: c.query}, noon); !errors.Is(err, c.want) {
			t.Errorf("%q = %.20q: %v, want %v", c.name, c.query, err, c.want)
		}
	}
	var where *search.Problem
	if err := Save(ctx, st, "me", Search{Name: "a", Query: "raft ("}, noon); !errors.As(err, &where) || where.Offset != 5 {
		t.Errorf("a mistake without its place: %v", err)
	}
	for i := range Most {
		if err := Save(ctx, st, "me", Search{Name: fmt.Sprint(i)}, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := Save(ctx, st, "me", Search{Name: "more"}, noon); !errors.Is(err, ErrMany) {
		t.Errorf("one more: %v", err)
	}
	if err := Save(ctx, st, "me", Search{Name: "7", Query: "seven"}, noon); err != nil {
		t.Errorf("replacing one of all: %v", err)
	}
	if err := st.SetMeta(ctx, key("me"), "{"); err != nil {
		t.Fatal(err)
	}
	if _, err := List(ctx, st, "me"); err == nil {
		t.Error("what cannot be read was taken for none")
	}
	if n, err := Forget(ctx, st, "me"); n != 1 || err != nil {
		t.Errorf("what cannot be read kept a user from being purged: %d, %v", n, err)
	}
	if text, err := st.Meta(ctx, key("me")); text != "" || err != nil {
		t.Errorf("%q is left, %v", text, err)
	}
}

// meddled is a store in which somebody else saves something just before one does.
type meddled struct {
	Values
	other func()
}

func (m *meddled) SwapMeta(ctx context.Context, key, old, value string) (bool, error) {
	if other := m.other; other != nil {
		m.other = nil
		other()
	}
	return m.Values.SwapMeta(ctx, key, old, value)
}

// TestNoSaveIsLost lets two save at once.
func TestNoSaveIsLost(t *testing.T) {
	ctx, st := t.Context(), memory.New()
	both := &meddled{st, func() {
		if err := Save(ctx, st, "me", Search{Name: "theirs"}, noon); err != nil {
			t.Error(err)
		}
	}}
	if err := Save(ctx, both, "me", Search{Name: "mine"}, noon); err != nil {
		t.Fatal(err)
	}
	if got := names(t, st, "me"); got != "mine=; theirs=" {
		t.Errorf("of two that were saved at once there are %s", got)
	}
}

// busy is a store in which somebody else is always first, and one that fails.
type busy struct {
	Values
	err error
}

func (b busy) SwapMeta(context.Context, string, string, string) (bool, error) { return false, b.err }

func TestSaveGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Save(ctx, busy{values{}, nil}, "me", Search{Name: "a"}, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	full := errors.New("full")
	if err := Save(t.Context(), busy{values{}, full}, "me", Search{Name: "a"}, noon); !errors.Is(err, full) {
		t.Errorf("a store that cannot be written: %v", err)
	}
}

// values hold nothing.
type values struct{}

func (values) Meta(context.Context, string) (string, error) { return "", nil }

func (values) SwapMeta(context.Context, string, string, string) (bool, error) { return true, nil }
