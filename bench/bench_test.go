package main

import (
	"bytes"
	"regexp"
	"testing"
)

// TestBothPhasesAreMeasured runs the whole benchmark in small: each figure must
// come from calls that were really made.
func TestBothPhasesAreMeasured(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), "..", []string{"-networks", "3", "-likes", "150", "-latency", "1ms"}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, title := range []string{"items a second", "networks a minute"} {
		row := regexp.MustCompile(title + ` +([1-9]\d*) +([1-9]\d*) +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +([1-9]\d*)`)
		if !row.MatchString(out.String()) {
			t.Errorf("no figures for %s:\n%s", title, &out)
		}
	}
}

func TestAmountsMustMakeSense(t *testing.T) {
	for _, args := range []string{"-networks=0", "-likes=0", "-workers=0", "-latency=-1s", "-networks=many"} {
		if err := run(t.Context(), "..", []string{args}, &bytes.Buffer{}); err == nil {
			t.Errorf("%s passed", args)
		}
	}
}

func TestDoneWantsEverything(t *testing.T) {
	st := status{}
	st.Networks = append(st.Networks, struct {
		Mode  string
		Items int
		Bare  int `json:"detailsMissing"`
	}{"normal", 5, 0})
	st.Summary.Items = 5
	if !st.done(5) || st.done(6) {
		t.Error("the number of items does not decide")
	}
	st.Networks[0].Bare = 1
	if st.done(5) {
		t.Error("an item without its details counts")
	}
	st.Networks[0].Bare, st.Networks[0].Mode = 0, "initial"
	if st.done(5) {
		t.Error("an unfinished history counts")
	}
}
