package page

import (
	"collector/web/page/chart"
	"collector/web/page/words"
)

// Workers is who runs, what they do, and what waits.
type Workers struct {
	Frame
	Heading   string // the sentence one came for: "All work is on time"
	Lead      string
	Figures   []Figure
	Lag       *chart.Lag // nil shows none
	Elected   string     // "leader elected at 14:26, term 18"; "" alone
	Instances []Instance
	Hands     []Hand
	Queues    []Queue
	Rates     string // what the rates of the queues are of; "" there are none
	Jobs      Jobs
	Topics    []Topic
	Programs  *Programs // nil: STOMP is not offered
	Stream    Path
}

func (Workers) file() string { return "workers" }

// Figure is a number with what it is a part of.
type Figure struct{ Name, Value, Of string }

// Instance is one process.
type Instance struct {
	Name     string // "host-a:412"
	Leader   bool
	State    Pill
	Busy, Of int    // what it does now, and at most; Of 0: not known
	Leases   string // "21 leases"; "" not known
	Memory   string // "88 MB"; "" not known
	Mode     string
	Started  words.Phrase
	Version  string
	Odd      string // how its version stands to that of the page: "older"; "" it is the same
	Do       Actions
}

// Hand is what a worker has in hand.
type Hand struct {
	Instance string
	What     string // a network, or the kind and id of a job
	To       Path
	Doing    string // "reading page 5", "webhook"
	Since    words.Phrase
	Lease    words.Phrase // when it ends unless it is renewed
}

// Queue is one queue of jobs.
type Queue struct {
	Name                      string
	Due, Running, Later, Dead int
	Rate                      string // "570 a min"; "" not known yet
	Paused                    bool
	Do                        Actions
}

// Jobs is a part of the jobs, with what can be done to them.
type Jobs struct {
	Queues, States []Option
	Find           string
	Match          int
	More           bool // more match than were counted
	Part           bool // not all jobs were looked at: at least so many match
	Looked         int  // after so many jobs the list ends although there are more; 0 it does not
	AsKind         Path // looks for the text as a kind; "" it is none, or is one already
	List           []Job
	Pager          Pager
	ShowData       Path   // shows what the jobs hold; "" it is shown, or may not be
	Query          string // what matches, as the form repeats it
	CanChange      bool
}

// MatchWords says how many match.
func (j Jobs) MatchWords() string {
	s := words.Number(j.Match)
	switch {
	case j.More:
		return "more than " + s
	case j.Part && j.Match == 0:
		return "none of the newest"
	case j.Part:
		return "at least " + s
	}
	return s
}

// AllWords says what all are that match, with their number where it is known.
func (j Jobs) AllWords() string {
	if j.Part {
		return "all that match"
	}
	return "all " + j.MatchWords() + " that match"
}

// Verb goes with the number: "1 matches", "38 match".
func (j Jobs) Verb() string {
	if j.Match == 1 && !j.More && !j.Part {
		return "matches"
	}
	return "match"
}

// Job is one job.
type Job struct {
	ID       string
	Kind     string
	Error    string // of the last attempt; "" none
	Priority int
	Next     words.Phrase
	Attempt  string // "5 of 8"
	Data     string // what it holds; "" hidden
	Chosen   bool
}

// Programs are those that are connected by STOMP.
type Programs struct {
	List   []Program
	Unseen int // that are not in the list
}

// Program is a connection by STOMP.
type Program struct {
	Name     string // its user, else its session
	Session  string // "" where Name says it
	From     string // its address
	Version  string // of STOMP
	Since    words.Phrase
	Listens  []string // where it subscribes to
	Unlisted int      // subscriptions that are not in Listens
	InHand   int      // messages that it was given and has not acknowledged
}

// Topic is a log of messages that other programs read.
type Topic struct {
	Name     string
	Messages int
	Last     words.Phrase
}
