package metrics

import (
	"sync"
	"time"
)

// minuteParts are the parts of a minute that are counted apart: seconds.
const minuteParts = 60

// Minute counts what happened within the last minute. It takes half a kilobyte, and its
// methods may be called at once. The zero value has counted nothing.
type Minute struct {
	mu   sync.Mutex
	ring [minuteParts]struct {
		second int64 // since 1970
		n      int
	}
}

// Add counts one.
func (m *Minute) Add(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	second := now.Unix()
	of := &m.ring[((second%minuteParts)+minuteParts)%minuteParts]
	if of.second != second {
		of.second, of.n = second, 0
	}
	of.n++
}

// Count is how many there were in the second of now and the 59 before it. What a clock that
// was ahead has counted is not in it.
func (m *Minute) Count(now time.Time) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := now.Unix()
	for _, of := range m.ring {
		if of.n > 0 && of.second <= last && of.second > last-minuteParts {
			n += of.n
		}
	}
	return n
}
