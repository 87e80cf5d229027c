package publish

import "collector/broker"

// batch gathers messages for as few writes as may be.
type batch struct {
	send func([]broker.Message) error
	ms   []broker.Message
	size int
}

// sent is about how many bytes of bodies one write has.
const sent = broker.MaxSize / 4

func newBatch(send func([]broker.Message) error) *batch { return &batch{send: send} }

func (b *batch) add(m broker.Message) error {
	if len(b.ms) == broker.MaxBatch || len(b.ms) > 0 && b.size+len(m.Body) > sent {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.ms, b.size = append(b.ms, m), b.size+len(m.Body)
	return nil
}

func (b *batch) flush() error {
	if len(b.ms) == 0 {
		return nil
	}
	err := b.send(b.ms)
	b.ms, b.size = nil, 0
	return err
}
