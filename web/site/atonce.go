package site

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// atOnce runs functions side by side and waits for all of them. It returns the first error
// in their order; a panic is one, since nobody else would keep it from ending the process.
func atOnce(all ...func() error) error {
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i, one := range all {
		running.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("a panic: %v\n%s", p, debug.Stack())
				}
			}()
			errs[i] = one()
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
