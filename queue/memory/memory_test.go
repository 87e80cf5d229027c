package memory_test

import (
	"testing"

	"collector/queue/memory"
	"collector/queue/queuetest"
)

func TestStore(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Backend {
		s := memory.New()
		return queuetest.Backend{Store: s, Other: s}
	})
}
