package limit

// Class is what a call is for. Classes have shares of a window, so that a long
// backfill cannot starve polling.
type Class string

// The classes and their shares of a window in percent. A share is held back
// only for a class that has asked in this window.
const (
	Poll     Class = "poll"     // 50, interactive calls and identity among them
	Backfill Class = "backfill" // 40, details of its items among them
	Sweep    Class = "sweep"    // 10
)
