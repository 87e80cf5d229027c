package pages

import (
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"collector/bench/figure"
)

// request is one page: read, or what a form is answered with.
type request struct {
	path string
	form url.Values // nil: it is read
}

func (r request) String() string { return strings.TrimSpace(r.path + " " + r.form.Encode()) }

// asking reads pages of a server.
type asking struct {
	to      string
	log     func(format string, args ...any)
	cpu     func() (time.Duration, bool) // of this process, and of the server of the store
	largest int                          // bytes, compressed
}

// answered is how long one page took.
type answered struct {
	request
	times
	cpu []float64 // milliseconds of the whole page, the store's server and whoever reads it included
}

// times are those until the first byte of pages came, and until the last had, in milliseconds.
type times struct{ first, whole []float64 }

// rounds is how often each page is read.
func rounds(r figure.Run) int {
	if r.Short {
		return 1
	}
	return max(5, r.Repeats)
}

// measure tells of each kind of page how soon it begins, and how large the largest is.
func (a *asking) measure(ctx context.Context, r figure.Run, name string, pages map[string][]request) ([]figure.Figure, error) {
	n := rounds(r)
	took, err := a.round(ctx, n, pages)
	if err != nil {
		return nil, err
	}
	var out []figure.Figure
	for _, kind := range slices.Sorted(maps.Keys(pages)) {
		first, whole := took[kind].first, took[kind].whole
		out = append(out, figure.Figure{
			Name: name + "/" + kind + "/p95", Unit: "ms", Ours: p95(first), Limit: beginsAim, Repeats: n,
			Note: fmt.Sprintf("%d addresses; median %.1f ms; the last byte p95 %.1f ms, median %.1f ms", len(pages[kind]), figure.Median(first), p95(whole), figure.Median(whole)),
		})
	}
	return append(out, figure.Figure{Name: name + "/largest", Unit: "bytes", Ours: float64(a.largest), Limit: sizeAim, Repeats: n, Note: "compressed, the page alone"}), nil
}

// p95 is the least of some values that at most five of a hundred are above.
func p95(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[(len(values)*95+99)/100-1]
}

// samples is how many pages of each kind are read in a round at least, where there are
// several rounds: the 95th of a hundred is no figure of five.
const samples = 8

// round reads all pages n times, those of kinds with few addresses more often, and returns
// what each kind took.
func (a *asking) round(ctx context.Context, n int, pages map[string][]request) (took map[string]times, err error) {
	all := map[string][]answered{}
	for kind, of := range pages {
		for _, one := range of {
			all[kind] = append(all[kind], answered{request: one})
		}
	}
	for range n {
		for _, of := range all {
			times := 1
			if n > 1 {
				times = (samples + len(of) - 1) / len(of)
			}
			for i := range times * len(of) {
				if err := a.ask(ctx, &of[i%len(of)]); err != nil {
					return nil, fmt.Errorf("asking for %s: %w", of[i%len(of)], err)
				}
			}
		}
	}
	took = map[string]times{}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		slices.SortStableFunc(all[kind], func(x, y answered) int { return cmp.Compare(figure.Median(y.whole), figure.Median(x.whole)) })
		for _, one := range all[kind] {
			worked := 0.0
			if len(one.cpu) > 0 {
				worked = figure.Median(one.cpu)
			}
			a.log("%8.1f ms, whole %8.1f, %6.1f of CPU  %-10s %s", figure.Median(one.first), figure.Median(one.whole), worked, kind, one)
			took[kind] = times{append(took[kind].first, one.first...), append(took[kind].whole, one.whole...)}
		}
	}
	return took, nil
}

// ask reads one page.
func (a *asking) ask(ctx context.Context, of *answered) error {
	var first time.Time
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Now() }})
	method, body := http.MethodGet, ""
	if of.form != nil {
		method, body = http.MethodPost, of.form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, a.to+of.path, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/html") // as a browser that follows a link
	if of.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	before, _ := a.cpu()
	began := time.Now()
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	page, err := io.ReadAll(reply.Body)
	if err != nil {
		return err
	}
	last := time.Now()
	if after, ok := a.cpu(); ok {
		of.cpu = append(of.cpu, float64((after-before).Microseconds())/1000)
	}
	if reply.StatusCode != http.StatusOK || !strings.Contains(string(page), "<h1") || strings.HasPrefix(of.path, "/?") && !strings.Contains(string(page), `id="results"`) {
		return fmt.Errorf("%s, and no page", reply.Status)
	}
	of.first = append(of.first, float64(first.Sub(began).Microseconds())/1000)
	of.whole = append(of.whole, float64(last.Sub(began).Microseconds())/1000)
	size, err := packed(page)
	a.largest = max(a.largest, size)
	return err
}

// packed is how many bytes a page is compressed.
func packed(page []byte) (int, error) {
	var n counted
	z := gzip.NewWriter(&n)
	if _, err := z.Write(page); err != nil {
		return 0, err
	}
	err := z.Close()
	return int(n), err
}

// counted is how many bytes were written.
type counted int

func (n *counted) Write(p []byte) (int, error) { *n += counted(len(p)); return len(p), nil }
