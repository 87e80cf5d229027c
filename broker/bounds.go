package broker

import "cmp"

// Keep says how much a log keeps: the newest messages, as long as neither bound is
// passed. Zero values mean the defaults.
type Keep struct {
	Messages int64 // 1,000,000
	Bytes    int64 // of all messages, about; 256 MiB
}

// Filled puts the defaults where nothing is said.
func (k Keep) Filled() Keep {
	return Keep{cmp.Or(k.Messages, 1_000_000), cmp.Or(k.Bytes, 256<<20)}
}
