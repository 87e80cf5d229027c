package sonify

import (
	"io"
	"testing"
)

// BenchmarkStep renders a step of a quiet day, and one of a storm: an eighth of a second.
func BenchmarkStep(b *testing.B) {
	for name, n := range map[string]int{"quiet": 0, "storm": 1000} {
		b.Run(name, func(b *testing.B) {
			r, err := NewRenderer(io.Discard, begin, Step)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				for _, service := range known {
					for k := range kinds {
						if err := r.Add(Event{after(i), k, service, n}); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}
