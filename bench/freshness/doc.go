// Package freshness measures how soon a like is collected, for the calls that it
// costs, and how late a due network is claimed.
//
// The population is simulated (package population). Each person is polled for 30
// days of virtual time by the scheduler's own policy, scheduler.Next, which has
// to find out the rhythm: from the 60 days of history that the backfill read,
// and from what polls find. The lag of a like is the time until the poll that
// finds it.
//
// The rival is what most programs do: a poll every 15 minutes, for everybody.
// Ours gets the same number of calls in all, a floor of one minute and a ceiling
// of one hour.
//
// The optimum is computed with what no program has, the true rate of each
// person. The mean lag over all likes of people with rates r polled at intervals
// T is proportional to the sum of r*T/2, the calls are the sum of 1/T. At the
// least lag for given calls the derivatives of the two are in one proportion for
// all (Lagrange): T = c/sqrt(r), clamped between floor and ceiling, which also
// satisfies the conditions at the bounds, since both sums are convex. c is found
// by bisection so that the calls are those that ours made. It is the optimum of
// evenly spaced polls: a policy that sees a session and stays with it can be
// better.
//
// How late due networks are claimed (due-lag) is measured with the scheduler's
// own loop: see due.go.
package freshness
