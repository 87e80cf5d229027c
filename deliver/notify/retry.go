package notify

import "time"

// waits are those between the tries at one address: half a day together.
var waits = [...]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 9 * time.Hour}

// tries is how often a message is sent to one address that fails.
const tries = len(waits) + 1

// after is how it stands after a try that failed; false: it is given up.
func (t try) after(now time.Time) (try, bool) {
	t.N++
	if t.N >= tries {
		return t, false
	}
	return try{t.N, now.Add(waits[t.N-1])}, true
}
