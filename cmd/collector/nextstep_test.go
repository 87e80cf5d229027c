package main

import (
	"encoding/json"
	"testing"
)

// TestUnnamedCanBeNamed: accounts that were imported without a name, and that
// nobody named since, can be told apart, signed in again and removed.
func TestUnnamedCanBeNamed(t *testing.T) {
	inFolder(t)
	p := program{stdin: `{"service":"github","token":"ghp_1"}` + "\n" + `{"service":"github","token":"ghp_2"}`}
	p.run(t, "accounts", "import", "-").must(t)
	var v statusView
	if err := json.Unmarshal([]byte(p.run(t, "status", "--json").must(t).out), &v); err != nil || len(v.Networks) != 2 {
		t.Fatalf("%d networks, %v", len(v.Networks), err)
	}
	if v.Networks[0].Network == v.Networks[1].Network {
		t.Errorf("two networks are called %s", v.Networks[0].Network)
	}
	for _, n := range v.Networks {
		p.run(t, "explain", n.Network).must(t)
		p.run(t, "accounts", "remove", n.Network, "--purge", "--yes").must(t)
	}
}
