// Package remote asks a collector that runs, over its HTTP API: it gives commands the values
// that control.Panel gives where the store is at hand. What comes back is read with a limit,
// redirects are not followed, and errors are control.Problem with the kind that the
// collector named, so that they read as if they had happened here.
package remote
