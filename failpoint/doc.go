// Package failpoint names the moments at which a crash test may strike.
//
// Code that must survive a sudden death calls Hit between its steps:
//
//	if err := failpoint.Hit(ctx, "save.commit.before"); err != nil {
//		return err
//	}
//
// In a normal build Hit is an empty function. Built with the tag failpoint (on
// a Unix system) it does what the environment variable COLLECTOR_FAILPOINT asks
// for that name:
//
//	COLLECTOR_FAILPOINT="name=action[:arg][@n];name=action…"
//
//	kill          SIGKILL to this process: no deferred call runs
//	stop          SIGSTOP to this process, until somebody sends SIGCONT
//	error[:text]  Hit returns an error with that text
//	panic[:text]  Hit panics with that text
//	sleep:300ms   Hit waits that long, or until its context ends
//
// With @n (n ≥ 1) only the n-th hit of that name acts, without it every hit. A
// name may stand several times, for different n. A specification that cannot be
// read makes every Hit return that error, so that a test with a spelling
// mistake cannot pass in silence.
//
// When COLLECTOR_FAILPOINT_LOG names a file, the name of each hit is appended
// to it, one a line, before its action: a crash test counts there which points
// it really reached.
//
// When COLLECTOR_FAILPOINT_VITALS names a prefix, the process writes from its
// first hit on how many goroutines it has and how large its heap is, each second
// anew, to prefix.PID ("goroutines 31 heap 8123456"): what a test of leaks cannot
// see from outside.
//
// COLLECTOR_FAILPOINT_CLOCK names a file with a duration by which the wall clock
// is wrong: see Now.
//
// Names are lower-case words joined by dots, the step first and its side last:
// save.begin, save.items.half, save.commit.before, save.commit.after.
package failpoint
