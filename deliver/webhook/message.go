package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"collector/queue"
)

// message is the data of a job: what to tell an endpoint of.
type message struct {
	ID       string    `json:"id"` // the webhook-id: the same whenever it is sent
	Endpoint string    `json:"endpoint"`
	Type     string    `json:"type"` // "item.added", "item.changed", "item.removed", "changes.missed"
	At       time.Time `json:"at"`
	Seq      int64     `json:"seq"`
	Kind     string    `json:"kind,omitempty"`
	Network  string    `json:"network,omitempty"` // id
	Item     string    `json:"item,omitempty"`
	After    int64     `json:"after,omitempty"` // of changes.missed
}

// kept is how long a job that was done bars another one of its id: what was queued and
// not noted, since the process died between the two, is then not even sent again.
const kept = 10 * time.Minute

var deliveries = queue.Kind[message]{
	Name: "webhook", Keep: kept,
	Policy: queue.Policy{MaxAttempts: Tries, Backoff: wait, Timeout: time.Minute},
}

// job is the job of a message; rewinds tells repetitions that were asked for apart.
func (m message) job(rewinds int) (queue.Job, error) {
	j, err := deliveries.Job(m)
	j.ID = fmt.Sprintf("%s-%d", m.ID, rewinds)
	j.Queue = QueueOf(m.Endpoint)
	return j, err
}

// messageID is the webhook-id of what an endpoint is told about one item of a page.
func messageID(endpoint, page, what, item string) string {
	sum := sha256.Sum256([]byte(endpoint + "\x00" + page + "\x00" + what + "\x00" + item))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// payload is the body of a call, in the form that Standard Webhooks recommends.
type payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // of the change
	Data      any       `json:"data"`
}

// told is the data about an item.
type told struct {
	Change int64           `json:"change"` // number in the change log
	Walk   string          `json:"walk"`   // kind of walk that found it
	Item   json.RawMessage `json:"item"`
}

// missed is the data about changes that the log no longer holds.
type missed struct {
	After  int64 `json:"after"`
	Change int64 `json:"change"`
}
