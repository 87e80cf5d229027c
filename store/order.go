package store

// Order is how a search lists what it finds. Either way a list is stable: an item
// that neither changes nor goes is listed exactly once, however many come while
// page after page is read.
type Order int

// The orders of a search.
const (
	// Newest lists the newest like first.
	Newest Order = iota
	// Best lists first what answers best (search.Ranking), of equals the newest
	// like. It needs a query that can be ranked, and at most BestMost hits; else
	// the newest like comes first, as Result.Ranked tells. A store may list by
	// date too where finding out how many hits there are costs more than a search
	// may: where the words stand in more than BestMost items that the user can see, of
	// which only the rest of the query leaves fewer, or in more than twice as many of
	// all users. The first page decides for those after it.
	Best
)

// BestMost is how many hits are ranked at most. Of more, nobody looks at all, and
// each has to be read to be ranked.
const BestMost = 10_000
