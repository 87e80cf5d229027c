package remote

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"collector/control"
	"collector/web"
)

// mostRefusal is how much is read of an answer that is no file, in bytes.
const mostRefusal = 1 << 20

// Export copies the items of a question as a file of any size, however long it takes, and
// returns how many they are; -1 where what stands between has lost the number.
func (c *Client) Export(ctx context.Context, e control.Export, to io.Writer) (n int, err error) {
	query := asked("format", e.Format, "user", e.User, "network", e.Network, "q", e.Query, "removed", word(e.Removed, "true"))
	reply, err := c.file(ctx, http.MethodGet, "export", query)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	if got, want := reply.Header.Get("Content-Type"), web.DownloadTypes[e.Format]; got != want {
		return 0, c.stranger(fmt.Errorf("its answer is no file of the format %s", e.Format))
	}
	out := &output{w: to}
	if _, err := io.Copy(out, reply.Body); err != nil {
		if out.err != nil { // it came, and could not be written
			return 0, out.err
		}
		return 0, c.unanswered(ctx, http.MethodGet, fmt.Errorf("%w: what was written is not whole", err))
	}
	if n, err = strconv.Atoi(reply.Trailer.Get(web.ItemsTrailer)); err != nil || n < 0 {
		return -1, nil
	}
	return n, nil
}

// file asks for an answer of any size, which is whoever asked's to close.
func (c *Client) file(ctx context.Context, method, path string, query url.Values) (*http.Response, error) {
	reply, err := c.do(ctx, method, path, query, sending{})
	if err != nil {
		return nil, err
	}
	if reply.StatusCode == http.StatusOK {
		return reply, nil
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, mostRefusal))
	if err != nil {
		return nil, c.unanswered(ctx, http.MethodGet, err)
	}
	return nil, c.refusal(ctx, http.MethodGet, reply.StatusCode, text)
}

// output tells what could not be written from what did not come.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (n int, err error) {
	n, o.err = o.w.Write(p)
	return n, o.err
}

// AddExport is control.Panel.AddExport.
func (c *Client) AddExport(ctx context.Context, e control.Export) (out control.AddedExport, err error) {
	err = c.post(ctx, "export/background", map[string]any{"format": e.Format, "user": e.User, "network": e.Network, "q": e.Query, "removed": e.Removed}, &out)
	return out, err
}
