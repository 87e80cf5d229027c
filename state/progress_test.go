package state

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// fill sets every field of a struct to something that is not its zero value,
// so that no field added later escapes the tests below.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(1 << 63) // beyond what a float holds
	case reflect.Float64:
		v.SetFloat(0.25)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(123 * time.Millisecond)))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("a field of kind %s: teach this test to fill it", v.Kind())
	}
}

func full(t *testing.T) Progress {
	t.Helper()
	var p Progress
	fill(t, reflect.ValueOf(&p).Elem())
	p.Mode = Normal
	return p
}

func encode(t *testing.T, p Progress) []byte {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProgressSurvivesJSON(t *testing.T) {
	for name, p := range map[string]Progress{"full": full(t), "new": {Mode: Initial}, "walking": {Mode: Initial, Walk: &Walk{}}} {
		got, err := DecodeProgress(encode(t, p))
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, p)
		}
	}
}

func TestDecodeProgressOfOtherVersions(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		want     Progress
	}{
		"older, with less":          {`{"mode":"normal","walks":3}`, Progress{Mode: Normal, Walks: 3}},
		"older, before modes":       {`{"walks":3}`, Progress{Mode: Initial, Walks: 3}},
		"empty":                     {`{}`, Progress{Mode: Initial}},
		"newer, with more":          {`{"mode":"normal","later":{"a":[1]},"walk":{"number":2,"later":1}}`, Progress{Mode: Normal, Walk: &Walk{Number: 2}}},
		"a condition of later days": {`{"mode":"normal","condition":"resting"}`, Progress{Mode: Normal, Condition: "resting"}},
		"nulls":                     {`{"mode":null,"walk":null,"runs":null,"newest":null}`, Progress{Mode: Initial}},
	} {
		got, err := DecodeProgress([]byte(c.document))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestDecodeProgressRefuses(t *testing.T) {
	for document, want := range map[string]string{
		``:                                  "unexpected end",
		`null`:                              "null",
		`[]`:                                "array",
		`"normal"`:                          "string",
		`{"mode":"normal"} {}`:              "after top-level value",
		`{"mode":"normal"`:                  "unexpected end",
		`{"mode":"rateLimit"}`:              `mode "rateLimit"`,
		`{"mode":1}`:                        "mode",
		`{"mode":"normal","walks":"3"}`:     "walks",
		`{"mode":"normal","walk":[]}`:       "walk",
		`{"walk":{"pages":1.5}}`:            "pages",
		`{"mode":"normal","newest":"now"}`:  "now",
		`{"failures":99999999999999999999}`: "failures",
		"\xff\xfe":                          "invalid character",
	} {
		got, err := DecodeProgress([]byte(document))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "state document") {
			t.Errorf("%s: error %v, want the words %q", document, err, want)
		}
		if !reflect.DeepEqual(got, Progress{}) {
			t.Errorf("%s: half a document: %+v", document, got)
		}
	}
}

func FuzzDecodeProgress(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`, `{"mode":"normal"}`, `{"mode":"rateLimit"}`, `{"walk":{"number":1,"paces":[1,2],"lastPage":"2026-03-01T12:00:00Z"}}`,
		`{"runs":[{"at":"2026-03-01T12:00:00Z","kind":"poll"}]}`, `{"rate":1e400}`, `{"newest":"0000-00-00"}`, `{"scheduledTo":"9999-12-31T23:59:59.999999999+23:59"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := DecodeProgress(document)
		if err != nil {
			if !reflect.DeepEqual(p, Progress{}) {
				t.Fatalf("half a document with the error %v: %+v", err, p)
			}
			return
		}
		if p.Mode != Initial && p.Mode != Normal {
			t.Fatalf("mode %q", p.Mode)
		}
		if c := p.Clone(); !reflect.DeepEqual(c, p) {
			t.Fatalf("the clone differs: %+v, %+v", c, p)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		q, err := DecodeProgress(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if b, _ := json.Marshal(q); string(b) != string(again) {
			t.Fatalf("written as\n%s\nand then as\n%s", again, b)
		}
	})
}

// TestCloneSharesNothing changes everything reachable from a clone.
func TestCloneSharesNothing(t *testing.T) {
	p := full(t)
	before := string(encode(t, p))
	c := p.Clone()
	if !reflect.DeepEqual(c, p) {
		t.Errorf("the clone is %+v, want %+v", c, p)
	}
	spoil(reflect.ValueOf(&c).Elem())
	if after := string(encode(t, p)); after != before {
		t.Errorf("changing a clone changed\n%s\ninto\n%s", before, after)
	}
}

// spoil zeroes what slices and pointers lead to.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			spoil(v.Field(i))
		}
	}
}

func TestResumedAndSignedIn(t *testing.T) {
	all := []Condition{OK, Limited, NeedsSignIn, NeedsScope, Missing, Failing, Broken, Stalled, Imported}
	resumes := map[Condition]bool{NeedsSignIn: true, NeedsScope: true, Missing: true, Broken: true, Stalled: true, Imported: true}
	signs := map[Condition]bool{NeedsSignIn: true, NeedsScope: true, Missing: true}
	for _, c := range all {
		was := full(t)
		was.Condition = c
		now := noon.Add(time.Hour)
		was.PollAt = now.Add(time.Hour)
		for name, try := range map[string]struct {
			got      Progress
			forgiven bool
		}{"resumed": {was.Resumed(now), resumes[c]}, "signed in": {was.SignedIn(now), signs[c]}} {
			got := try.got
			if !got.ScheduledTo.Equal(now) || got.Reason == was.Reason || got.Reason == "" {
				t.Errorf("%s from %s: due at %s because %q", name, c, got.ScheduledTo, got.Reason)
			}
			if !got.PollAt.Equal(now) {
				t.Errorf("%s from %s: the next poll is at %s, want now", name, c, got.PollAt)
			}
			if got.LastError != was.LastError || got.Walks != was.Walks || got.Mode != was.Mode || got.Limits != was.Limits || !reflect.DeepEqual(got.Walk, was.Walk) {
				t.Errorf("%s from %s lost what it had found out: %+v", name, c, got)
			}
			clean := got.Condition == OK && got.Failures == 0 && got.BadRuns == 0 && got.RefusedAt.IsZero() && got.Fault+got.Whose+got.NextStep == ""
			if try.forgiven && !clean {
				t.Errorf("%s from %s: %+v", name, c, got)
			}
			if !try.forgiven && (got.Condition != c || got.Failures != was.Failures || got.NextStep != was.NextStep) {
				t.Errorf("%s from %s forgave what asked for nobody: %+v", name, c, got)
			}
			if name == "signed in" && !got.RefusedAt.IsZero() {
				t.Errorf("%s from %s: the old credential's refusal still counts", name, c)
			}
		}
	}
}

// Promise R13: what a clock that was ahead wrote is read by a right one.
func TestSetRight(t *testing.T) {
	now := noon
	was := full(t) // every time in it is the same, after now
	got := was.SetRight(now)
	for what, at := range map[string]time.Time{
		"a poll that a wrong clock planned": got.PollAt, "refused": got.RefusedAt, "asked who": got.AskedWho, "last sweep": got.SweptAt,
		"last run": got.LastRunAt, "last success": got.LastOKAt, "last error": got.LastErrorAt, "last like": got.LastLikeAt, "rhythm": got.RateAt,
		"walk": got.Walk.StartedAt, "last page": got.Sweep.LastPage, "a run": got.Runs[1].At,
	} {
		if !at.Equal(now) {
			t.Errorf("%s: %v, want now, %v", what, at, now)
		}
	}
	if !got.Newest.Equal(was.Newest) || !got.Walk.Oldest.Equal(was.Walk.Oldest) || !got.ScheduledTo.Equal(was.ScheduledTo) {
		t.Errorf("what the service told, and what the store keeps, changed: %+v", got)
	}
	right := Progress{Mode: Normal, PollAt: now.Add(time.Hour), RateAt: now, LastRunAt: now, RefusedAt: now.Add(-time.Minute)}
	if got := right.SetRight(now); !reflect.DeepEqual(got, right) {
		t.Errorf("a right clock wrote %+v, and it became %+v", right, got)
	}
}

func TestNetworkName(t *testing.T) {
	for want, n := range map[string]Network{
		"github/octocat":                   {Service: "github", Account: "octocat"},
		"mastodon/@o@hach.im":              {Service: "mastodon", Account: "@o@hach.im"},
		"stackexchange/1234:stackoverflow": {Service: "stackexchange", Account: "1234", Params: map[string]string{"site": "stackoverflow"}},
		"x/y:1:2:3":                        {Service: "x", Account: "y", Params: map[string]string{"c": "3", "a": "1", "b": "2"}},
		"github/":                          {Service: "github"},
	} {
		for range 10 { // maps have no order
			if got := n.Name(); got != want {
				t.Errorf("name %q, want %q", got, want)
			}
		}
	}
}
