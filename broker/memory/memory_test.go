package memory_test

import (
	"testing"

	"collector/broker"
	"collector/broker/brokertest"
	"collector/broker/memory"
	"collector/queue"
	queuememory "collector/queue/memory"
)

func TestLog(t *testing.T) {
	brokertest.Log(t, func(t *testing.T, keep int) (one, other broker.Log) {
		l := memory.Keeping(keep)
		return l, l
	})
}

func TestBroker(t *testing.T) {
	brokertest.Broker(t, func(t *testing.T) (queue.Store, broker.Log) { return queuememory.New(), memory.New() })
}
