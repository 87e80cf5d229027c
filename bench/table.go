package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"collector/bench/figure"
)

// table prints one line a figure, as a table that Markdown can hold, too.
func table(out io.Writer, figures []figure.Figure) {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w)
	row := func(cells ...string) { fmt.Fprintln(w, "| "+strings.Join(cells, "\t| ")+"\t|") }
	row("name", "ours", "floor", "ratio", "target", "reached", "n", "what it says")
	row("---", "---", "---", "---", "---", "---", "---", "---")
	for _, f := range figures {
		floor, ratio := "", ""
		if f.Floor != 0 {
			floor, ratio = number(f.Floor)+" "+f.Unit, number(f.Value())
		}
		row(f.Name, number(f.Ours)+" "+f.Unit, floor, ratio, target(f), verdict(f), strconv.Itoa(f.Repeats), said(f))
	}
	w.Flush()
}

func said(f figure.Figure) string {
	switch {
	case f.Against == "":
		return f.Note
	case f.Note == "":
		return "floor: " + f.Against
	}
	return "floor: " + f.Against + "; " + f.Note
}

func target(f figure.Figure) string {
	if f.Limit == 0 {
		return ""
	}
	sign, unit := "≤ ", ""
	if f.AtLeast {
		sign = "≥ "
	}
	if f.Floor == 0 {
		unit = " " + f.Unit
	}
	return sign + number(f.Limit) + unit
}

func verdict(f figure.Figure) string {
	switch {
	case f.Limit == 0:
		return ""
	case f.Reached():
		return "yes"
	}
	return "NO"
}

// number writes a value with three digits that count.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	return strconv.FormatFloat(v, 'f', min(digits, 6), 64)
}
