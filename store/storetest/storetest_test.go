package storetest_test

import (
	"testing"

	"collector/store"
	"collector/store/memory"
	"collector/store/storetest"
)

// TestMemory holds the reference to the kit, and the kit to the reference.
func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		shared := memory.New()
		return storetest.Backend{Open: func(string) (store.Store, error) { return shared.Handle(), nil }}
	})
}
