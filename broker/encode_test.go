package broker_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"collector/broker"
)

// FuzzDecode: whatever a store holds is read or refused, and what is read is written as
// it was.
func FuzzDecode(f *testing.F) {
	whole := broker.Encode(broker.Message{Time: time.UnixMilli(1_700_000_000_000), Headers: []broker.Header{{Name: "a", Value: "1"}, {Name: "", Value: ""}}, Body: []byte("body")})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(broker.Encode(broker.Message{}))
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := broker.Decode(data)
		if err != nil {
			return
		}
		again, err := broker.Decode(broker.Encode(m))
		if err != nil || !again.Time.Equal(m.Time) || !slices.Equal(again.Headers, m.Headers) || !bytes.Equal(again.Body, m.Body) {
			t.Errorf("%+v is written and read as %+v, %v", m, again, err)
		}
	})
}
