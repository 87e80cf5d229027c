package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"collector/connectors"
)

// mostBudget is more than a collector can spend, in US dollars: a slip of the keys.
const mostBudget = 100_000

// Mills is Budget in connectors.Mills.
func (p Provider) Mills() (int, error) {
	dollars, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(p.Budget), "$"), 64)
	if err != nil || !(dollars >= 0 && dollars <= mostBudget) {
		return 0, fmt.Errorf("%q is no amount of US dollars: write 5, 0.50, or 0 for nothing", p.Budget)
	}
	return int(math.Floor(dollars*1000 + 1e-6)), nil
}

// budgetOf is what a month may cost where nobody said anything, "" where nothing is
// charged.
func budgetOf(in connectors.Info) string {
	for _, q := range in.Quotas {
		if q.Unit == connectors.Mills {
			return fmt.Sprintf("%d.%02d", q.N/1000, q.N%1000/10)
		}
	}
	return ""
}
