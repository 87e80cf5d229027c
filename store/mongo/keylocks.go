package mongo

import "sync"

// keyLocks let one call of this process at a time at a row: those of other
// processes are met often enough.
type keyLocks struct {
	mu    sync.Mutex
	locks map[string]*keyLock
}

type keyLock struct {
	sync.Mutex
	wanted int
}

// lock takes the locks of sorted keys and returns how they are given back.
func (l *keyLocks) lock(keys []string) (unlock func()) {
	var taken []*keyLock
	for _, key := range keys {
		l.mu.Lock()
		if l.locks == nil {
			l.locks = map[string]*keyLock{}
		}
		k := l.locks[key]
		if k == nil {
			k = &keyLock{}
			l.locks[key] = k
		}
		k.wanted++
		l.mu.Unlock()
		k.Lock()
		taken = append(taken, k)
	}
	return func() {
		for i, k := range taken {
			k.Unlock()
			l.mu.Lock()
			if k.wanted--; k.wanted == 0 {
				delete(l.locks, keys[i])
			}
			l.mu.Unlock()
		}
	}
}
