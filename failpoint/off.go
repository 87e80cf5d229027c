//go:build !failpoint || !unix

package failpoint

import "context"

// Hit does nothing and returns nil: this program was built without the tag
// failpoint. The compiler inlines it away.
func Hit(context.Context, string) error { return nil }

// Enabled says whether this program was built with fault points.
const Enabled = false
