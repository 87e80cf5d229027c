package memory_test

import (
	"flag"
	"testing"

	"collector/store"
	"collector/store/memory"
	"collector/store/storetest"
)

var histories = flag.Int("store.histories", 0, "histories of concurrent owners to check; four at least")

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Backend {
		shared := memory.New()
		return storetest.Backend{Histories: *histories, Open: func(string) (store.Store, error) { return shared.Handle(), nil }}
	})
}
