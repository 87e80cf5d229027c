package headline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"collector/bench/figure"
	"collector/bench/process"
)

// bare measures how fast the floor's own parts are.
func bare(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	pages := 1000
	if r.Short {
		pages = 3
	}
	b, err := NewRig(ctx, r, &files{dir: r.Dir}, 1, pageSize)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var decode, rows, searched []float64
	bytes := 0
	for range r.Repeats {
		for _, search := range []bool{false, true} {
			used, err := b.once(ctx, func(ctx context.Context, address string) (process.Used, error) {
				cmd := exec.CommandContext(ctx, b.bare, "-url", b.url, "-db", address, "-measure", strconv.Itoa(pages), "-search="+strconv.FormatBool(search))
				cmd.Stdin = strings.NewReader(b.tokens())
				out, used, err := process.Run(cmd)
				if err != nil {
					return used, err
				}
				var m struct {
					Bytes, Rows  int
					Decode, Wall float64
				}
				if err := json.Unmarshal(out, &m); err != nil {
					return used, fmt.Errorf("reading what the floor measured: %w", err)
				}
				if m.Rows != pages*pageSize {
					return used, fmt.Errorf("of %d rows the floor wrote %d", pages*pageSize, m.Rows)
				}
				decode, bytes = append(decode, m.Decode), m.Bytes
				if !search {
					rows = append(rows, float64(m.Rows)/m.Wall)
				}
				return used, nil
			})
			if err != nil {
				return nil, err
			}
			if search {
				searched = append(searched, float64(pages*pageSize)/max(used.CPU.Seconds(), 1e-3))
			}
		}
	}
	return []figure.Figure{
		{Name: "floor/decode", Unit: "ms", Ours: figure.Median(decode), Limit: 4, Repeats: r.Repeats, Note: fmt.Sprintf("a page of %d kB", bytes/1000)},
		{Name: "floor/rows", Unit: "rows/s", Ours: figure.Median(rows), Limit: 100_000, AtLeast: true, Repeats: r.Repeats, Note: "into SQLite, without a search index"},
		{Name: "floor/rows-searchable", Unit: "rows/CPU-s", Ours: figure.Median(searched), Limit: 10_000, AtLeast: true, Repeats: r.Repeats, Note: "with FTS5"},
	}, nil
}
