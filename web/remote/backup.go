package remote

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"collector/control"
	"collector/web"
)

// Backup copies the whole store of the collector, and says what is in the copy. Where it did
// not come as it was sent that is an error, and what was written is good for nothing.
func (c *Client) Backup(ctx context.Context, to io.Writer) (made control.Copy, err error) {
	reply, err := c.file(ctx, http.MethodPost, "backup", nil)
	if err != nil {
		return made, err
	}
	defer reply.Body.Close()
	want := reply.Header.Get(web.DigestHeader)
	err = json.Unmarshal([]byte(reply.Header.Get(web.CopyHeader)), &made)
	if err != nil || want == "" || reply.Header.Get("Content-Type") != web.BackupType {
		return control.Copy{}, c.stranger(errors.New("its answer is no backup"))
	}
	sum := sha256.New()
	out := &output{w: to}
	if _, err := io.Copy(io.MultiWriter(out, sum), reply.Body); err != nil {
		if out.err != nil { // it came, and could not be written
			return control.Copy{}, out.err
		}
		return control.Copy{}, c.unanswered(ctx, http.MethodGet, fmt.Errorf("%w: no backup was made", err))
	}
	if web.Digest(sum.Sum(nil)) != want {
		return control.Copy{}, &control.Problem{
			Kind: control.Temporary, Whose: "the network", Reason: fmt.Sprintf("what came from the collector at %s is not what it sent: no backup was made", c.at), Next: "try again; what stands between may change what passes",
		}
	}
	return made, nil
}
