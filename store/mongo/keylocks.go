package mongo

import (
	"sync"
	"time"
)

// keyLocks let one call of this process at a time at a row: those of other
// processes are met often enough.
type keyLocks struct {
	mu     sync.Mutex
	locks  map[string]*keyLock
	busy   map[string]time.Time // rows that another process changed at the same time, until when they are changed by themselves
	single gather[*rowChange]   // calls that change one row each
}

// busyFor is how long a row is changed by itself once another process was met there.
const busyFor = 10 * time.Second

// contended tells whether another process was met at a row a short time ago.
func (l *keyLocks) contended(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, is := l.busy[key]
	if is && !now.Before(until) {
		delete(l.busy, key)
	}
	return now.Before(until)
}

// contend notes that another process was met at a row.
func (l *keyLocks) contend(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy == nil || len(l.busy) > 1000 { // those of accounts that have moved on
		l.busy = map[string]time.Time{}
	}
	l.busy[key] = now.Add(busyFor)
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
