package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bare is how fast bare code is by itself on this machine.
type Bare struct {
	Bytes  int     `json:"bytes"`  // of the page that was decoded
	Decode float64 `json:"decode"` // ms a page
	Rows   int     `json:"rows"`   // written
	Wall   float64 `json:"wall"`   // seconds that writing them took
}

// measure decodes one page often, then writes it for so many networks.
func (f *floor) measure(ctx context.Context, pages int) (out Bare, err error) {
	body, err := f.get(ctx, f.tokens[0])
	if err != nil {
		return out, err
	}
	out.Bytes = len(body)
	var page []star
	start := time.Now()
	const times = 100
	for range times {
		if page, err = decode(body); err != nil {
			return out, err
		}
	}
	out.Decode = time.Since(start).Seconds() * 1e3 / times
	w, err := f.open(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	start = time.Now()
	for net := range pages {
		n, err := w.write(ctx, int64(net+1), page)
		if err != nil {
			return out, err
		}
		if n != len(page) {
			return out, fmt.Errorf("of %d rows %d were written", len(page), n)
		}
		out.Rows += n
	}
	out.Wall = time.Since(start).Seconds()
	return out, nil
}
