package sqlite

import (
	"fmt"
	"testing"

	"collector/state"
)

// TestLikeDaysOfManyNetworks: of as many as are read side by side all likes are counted;
// of more nothing is told, which is not to be taken for none.
func TestLikeDaysOfManyNetworks(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s) // of three networks
	if err := s.AddAccount(t.Context(), state.Account{ID: "them", User: "them", Provider: "p", Name: "them", CreatedAt: noon}); err != nil {
		t.Fatal(err)
	}
	until := noon.AddDate(0, 0, 1)
	for have := 3; have <= branchesMax+1; have++ {
		if have > 3 {
			n := state.Network{ID: fmt.Sprint("net", have), AccountID: "them", Service: fmt.Sprint("service", have), CreatedAt: noon}
			if err := s.AddNetworks(t.Context(), []state.Network{n}); err != nil {
				t.Fatal(err)
			}
		}
		if have > 3 && have < branchesMax {
			continue
		}
		days, err := s.LikeDays(t.Context(), "", noon.AddDate(0, -2, 0), until, 0)
		likes := 0
		for _, d := range days.List {
			likes += d.Likes
		}
		if told := days.Since.Before(until); err != nil || told != (have <= branchesMax) || told && likes != len(all) || !told && likes != 0 {
			t.Errorf("of %d networks %d likes are counted since %s, %v; there are %d", have, likes, days.Since, err, len(all))
		}
	}
}
