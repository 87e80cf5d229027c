package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"collector/control"
	"collector/web"
)

// Sonify copies the sound of what happened, and says what is heard in it; Seconds is 0 where what
// stands between has lost that.
func (c *Client) Sonify(ctx context.Context, w control.Sounding, to io.Writer) (heard control.Sounded, err error) {
	seconds := func(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }
	reply, err := c.file(ctx, http.MethodGet, "sonify", asked("user", w.User, "since", seconds(w.Since.Seconds()), "length", seconds(w.Length.Seconds())))
	if err != nil {
		return heard, err
	}
	defer reply.Body.Close()
	if reply.Header.Get("Content-Type") != web.SoundType {
		return heard, c.stranger(errors.New("its answer is no sound"))
	}
	out := &output{w: to}
	if _, err := io.Copy(out, reply.Body); err != nil {
		if out.err != nil { // it came, and could not be written
			return heard, out.err
		}
		return heard, c.unanswered(ctx, http.MethodGet, fmt.Errorf("%w: what was written is not whole", err))
	}
	if err := json.Unmarshal([]byte(reply.Trailer.Get(web.SoundTrailer)), &heard); err != nil {
		return control.Sounded{}, nil
	}
	return heard, nil
}
