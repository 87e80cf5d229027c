package memory_test

import (
	"testing"

	"collector/store"
	"collector/store/memory"
	"collector/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Backend {
		shared := memory.New()
		return storetest.Backend{Open: func(string) (store.Store, error) { return shared.Handle(), nil }}
	})
}
