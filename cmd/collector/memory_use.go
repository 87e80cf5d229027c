package main

import "runtime/metrics"

// goMemory is what Go has mapped and not given back to the system: bytes. It is less than what
// is resident, which has the pages of the program in it, and more, where pages were never used.
func goMemory() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	for _, one := range s {
		if one.Value.Kind() != metrics.KindUint64 {
			return 0
		}
	}
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}
