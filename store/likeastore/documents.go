package likeastore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// document is a document of the old database. Its fields had no schema, so each is
// read for what it can be taken for.
type document bson.M

// text is a field that is a text or a number; "" where it is neither.
func (d document) text(field string) string {
	switch v := d[field].(type) {
	case string:
		return strings.ToValidUTF8(v, "\ufffd")
	case int32:
		return strconv.FormatInt(int64(v), 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64: // JavaScript's only kind of number
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bson.ObjectID:
		return v.Hex()
	}
	return ""
}

// is tells whether JavaScript would take a field for true.
func (d document) is(field string) bool {
	switch v := d[field].(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int32, int64, float64:
		return fmt.Sprint(v) != "0"
	}
	return true
}

// time is a date, or a text of one; zero where there is none.
func (d document) time(field string) time.Time {
	switch v := d[field].(type) {
	case bson.DateTime:
		return v.Time().UTC()
	case time.Time:
		return v.UTC()
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// made is when the document was saved first, as its id tells.
func (d document) made() time.Time {
	if id, ok := d["_id"].(bson.ObjectID); ok {
		return id.Timestamp().UTC()
	}
	for _, field := range []string{"date", "lastExecution", "created"} {
		if t := d.time(field); !t.IsZero() {
			return t
		}
	}
	return time.Date(2013, time.January, 1, 0, 0, 0, 0, time.UTC) // the program's first year
}

// key is the id of the document as text.
func (d document) key() string {
	if text := d.text("_id"); text != "" {
		return text
	}
	return fmt.Sprint(d["_id"])
}

// status is the answer of the service at which the last run failed, as the old
// program noted it: its number alone, since the rest may hold anything.
func (d document) status() string {
	var v any
	switch e := d["lastError"].(type) {
	case bson.D:
		for _, f := range e {
			if f.Key == "status" {
				v = f.Value
			}
		}
	case bson.M:
		v = e["status"]
	}
	text := document{"status": v}.text("status")
	if n, err := strconv.Atoi(text); err == nil && n >= 100 && n < 600 {
		return text
	}
	return ""
}
