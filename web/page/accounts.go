package page

import (
	"slices"

	plain "collector/control/words"
	"collector/web/page/words"
)

// Accounts is the state of everything that is collected.
type Accounts struct {
	Frame
	// List is all accounts or, of more than a person reads, those that need somebody.
	List     []Account
	Unlisted int // networks that are not in List
	// CanChange: who looks may connect, pause and the like.
	CanChange bool
	Stream    Path // live updates; "" none
}

func (Accounts) file() string { return "accounts" }

// Account is one sign-in with its lists.
type Account struct {
	ID       string // unique on the page
	Service  Service
	Name     string
	SignIn   string // "with a token, here since 4 Feb 2026"
	Quotas   []Quota
	Note     *Note
	Networks []Network
}

// Network is one list of an account.
type Network struct {
	Title    string // "Stars"
	To       Path
	Items    int
	Noun     string // "items", plural
	State    State
	Beat     Beat
	LastOK   words.Phrase // "8 min ago"; empty never
	Why      words.Phrase // what comes next
	Because  string       // and why then
	Progress *Progress
	Do       Actions
}

// Progress is how far a walk is.
type Progress struct {
	Percent int    // 0 to 100
	Label   string // "Saved posts collected"
}

// Pill is the state as a pill.
func (n Network) Pill() Pill {
	if n.Progress != nil {
		return n.State.pill(n.Progress.Percent)
	}
	return n.State.pill(0)
}

// worst is the state of the list that most needs a look.
func (a Account) worst() State {
	out := Imported
	for _, n := range a.Networks {
		out = min(out, n.State)
	}
	return out
}

// Needs says that a person has to do something for this account.
func (a Account) Needs() bool { return a.worst() == NeedsYou }

// Ordered are the accounts as they are shown: what needs somebody first, then what
// is being collected, what waits, what is up to date, what is paused.
func (a Accounts) Ordered() []Account {
	out := slices.Clone(a.List)
	slices.SortStableFunc(out, func(x, y Account) int { return int(x.worst()) - int(y.worst()) })
	return out
}

// Heading is the sentence one came for.
func (a Accounts) Heading() string {
	if len(a.List) == 0 {
		return "Nothing is connected yet"
	}
	n := 0
	for _, acct := range a.List {
		if acct.Needs() {
			n++
		}
	}
	switch n = max(n, a.NeedsYou); n { // not all that need somebody are listed
	case 0:
		return "All is looked after"
	case 1:
		return "One account needs you"
	}
	return words.First(words.Few(n)) + " accounts need you"
}

// Lead says what the others do, or how many are not shown.
func (a Accounts) Lead() string {
	if len(a.List) == 0 {
		return "Connect a service and its newest likes are searchable at once, while the older ones are still on their way."
	}
	if a.Unlisted > 0 {
		return plain.Many(a.Unlisted, "more list is not shown.", "more lists are not shown.")
	}
	n := map[State]int{}
	for _, acct := range a.List {
		for _, net := range acct.Networks {
			n[net.State]++
		}
	}
	var said []string
	say := func(count int, one, more string) {
		switch {
		case count == 1:
			said = append(said, "one "+one)
		case count > 1:
			said = append(said, words.Few(count)+" "+more)
		}
	}
	say(n[UpToDate]+n[Partial], "is up to date", "are up to date")
	say(n[Collecting], "is collecting its history", "are collecting their history")
	say(n[Comparing], "is being compared in full", "are being compared in full")
	say(n[Waiting], "waits for its limit", "wait for their limits")
	say(n[Failing], "is tried again after a failure", "are tried again after failures")
	say(n[Paused], "you paused", "you paused")
	say(n[Imported], "was imported and is kept", "were imported and are kept")
	if len(said) == 0 {
		return ""
	}
	if n[NeedsYou] > 0 {
		return "Of the other lists " + words.List(said) + "."
	}
	return "Of your lists " + words.List(said) + "."
}
