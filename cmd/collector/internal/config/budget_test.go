package config

import "testing"

func TestBudgetInMills(t *testing.T) {
	for text, want := range map[string]int{"5": 5000, "0.50": 500, "$1.25": 1250, "0": 0, "0.0015": 1, " 19.99 ": 19990, "100000": 100_000_000} {
		if got, err := (Provider{Budget: text}).Mills(); err != nil || got != want {
			t.Errorf("%q is %d mills, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "five", "-1", "100001", "NaN", "Inf", "5 EUR"} {
		if got, err := (Provider{Budget: text}).Mills(); err == nil {
			t.Errorf("%q is %d mills", text, got)
		}
	}
}
