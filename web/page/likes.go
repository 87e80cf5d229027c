package page

import (
	"fmt"
	"strings"
	"time"

	plain "collector/control/words"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// Likes is the list of likes, all or those that match a query.
type Likes struct {
	Frame
	Query   string
	Total   int           // all likes there are
	Found   int           // those that match
	More    bool          // more match than were counted
	Took    time.Duration // 0 not said
	Order   string        // "newest first", "best match first"
	Read    words.Phrase  // how the query was understood; empty without one
	Problem *QueryProblem // what in it was not understood
	Try     []Link        // queries to try, where there is none
	Saved   []Link        // saved searches
	Stream  Path          // tells of likes that are new, where the newest stand on the page; "" none
	Facets  []Facet
	Counted int // newest likes that the numbers of Facets are counted of; 0: of all that match
	On      []Filter
	Orders  []Choice    // in which likes can be listed; empty where there is no choice
	Chart   *chart.Bars // nil shows none
	Groups  []Group
	Pager   Pager
	Instead words.Phrase // what would match, where nothing does
	CanSave bool         // who looks may save searches and feeds
	Unsave  Actions      // of a search that is saved: forgetting it
	// Connected says that something is connected, be there likes or not.
	Connected bool
	Formats   []Option // of exports; empty where none is offered
}

func (Likes) file() string { return "likes" }

// QueryProblem is a mistake in a query, cut where it is.
type QueryProblem struct {
	Before, After string // the query up to the mistake, and from it on
	Reason        string // what is wrong and what would be right
}

// Facet is one list of filters.
type Facet struct {
	Title  string
	Values []FacetValue
}

// FacetValue is one filter with how many likes it leaves.
type FacetValue struct {
	Service *Service // its tile; nil none
	Icon    Icon     // "" none
	Text    string
	N       int
	AtLeast bool // not all were counted
	On      bool
	To      Path
}

// Choice is one of several of which one holds.
type Choice struct {
	Text string
	On   bool
	To   Path
}

// Filter is one that is on.
type Filter struct {
	Text    string
	Without Path // the search without it
}

// Group is the likes under one heading.
type Group struct {
	Title string // "November 2026"; "" for ranked results, which have none
	N     int    // how many likes the whole group has; 0 not said
	Likes []Like
}

// Like is one like.
type Like struct {
	Service Service
	URL     string // at the service
	Title   Marked
	Text    Marked
	Verb    string // "starred"
	Icon    Icon   // of the verb
	When    words.Phrase
	SeenBy  string // why When is only when it was first seen; "" where the service told the time
	Meta    []string
	Tags    []Link
	Private bool
	Gone    *Gone
}

// Gone says that a like is there no more, and that the copy is.
type Gone struct {
	Pill Pill
	Kept string // "The copy here stays."
}

// GoneUpstream is a thing that the service itself does not have any more.
func GoneUpstream(at, now time.Time) *Gone {
	return &Gone{Pill: Pill{"off", "box", "Gone upstream since " + words.Date(at, now)}, Kept: "The copy here stays."}
}

// TakenBack is a like that its owner took back. Noun is what one like is called.
func TakenBack(at, now time.Time, noun string) *Gone {
	return &Gone{Pill: Pill{"off", "undo", "Taken back on " + words.Date(at, now)}, Kept: "You removed this " + noun + "."}
}

// Empty says that there is nothing at all yet.
func (l Likes) Empty() bool { return l.Total == 0 && l.Query == "" && !l.Connected }

// Heading says how many there are.
func (l Likes) Heading() string {
	s := plain.Many(l.Found, "like", "likes")
	if l.Simulated != nil {
		s = plain.Many(l.Found, "simulated like", "simulated likes")
	}
	if l.More {
		s = "More than " + s
	}
	return s
}

// Lead says how long it took and in which order they come.
func (l Likes) Lead() string {
	var said []string
	if l.Took > 0 {
		said = append(said, words.Took(l.Took))
	}
	if l.Order != "" { // what finds nothing has none
		said = append(said, l.Order)
	}
	return strings.Join(said, " · ")
}

// FiltersOn says how many filters are on, as it stands on the button.
func (l Likes) FiltersOn() string {
	if len(l.On) == 0 {
		return "Filters"
	}
	return fmt.Sprintf("Filters · %d on", len(l.On))
}

// Marked is text of which some pieces are what was searched for.
type Marked []Piece

// Piece is a part of a text.
type Piece struct {
	Text string
	Hit  bool
}

// Mark marks the pieces of a text that were searched for: from where to where they go,
// in bytes, in the order of the text and without overlap.
func Mark(text string, hits [][2]int) Marked {
	var out Marked
	add := func(text string, hit bool) {
		if text != "" {
			out = append(out, Piece{text, hit})
		}
	}
	at := 0
	for _, h := range hits {
		add(text[at:h[0]], false)
		add(text[h[0]:h[1]], true)
		at = h[1]
	}
	add(text[at:], false)
	return out
}

// QuoteLength is how many letters of a text make a title.
const QuoteLength = 100

// Quote makes a title of a text that has none: its first words in quotation marks.
func Quote(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "(without words)"
	}
	runes := []rune(text)
	if len(runes) <= QuoteLength {
		return "“" + text + "”"
	}
	cut := string(runes[:QuoteLength])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return "“" + strings.TrimRight(cut, " ,;:.") + "…”"
}
