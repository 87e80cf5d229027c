//go:build !unix

package sqlite

import "time"

func cpu() time.Duration { return 0 }
