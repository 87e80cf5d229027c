package mongo

import (
	"testing"
	"time"
)

// TestDocumentsAreCounted: the counts that are written beside the documents are what
// counting them gives.
func TestDocumentsAreCounted(t *testing.T) {
	counted := tally{services: map[string]int{}}
	items, services := 0, map[string]int{}
	for n := range 1000 {
		for _, e := range document(n, time.Unix(0, 0), "{}", &counted) {
			switch v := e.Value.(type) {
			case int:
				if e.Key == "items" {
					items += v
				}
			case string:
				if e.Key == "service" {
					services[v]++
				}
			}
		}
	}
	if items != counted.items || len(counted.services) != 10 {
		t.Errorf("%d items are counted as %d, in %d services", items, counted.items, len(counted.services))
	}
	for service, n := range services {
		if counted.services[service] != n {
			t.Errorf("%d networks of %s are counted as %d", n, service, counted.services[service])
		}
	}
}
