// Package fleet simulates a service with a million accounts on 50 instances of 64
// workers, in virtual time and without a database: how late due networks are
// polled, in quiet times and when instances die or a service hangs, how much of
// scarce quotas is used, and how many calls are saved against a poll every 15
// minutes.
//
// # What is the product's own
//
// When a network is polled next is scheduler.Next, at each poll. How many workers
// of an instance one service may have is scheduler.Slots. Each instance has a
// limit.Ledger of its own, over one table in memory that all share, and takes,
// sends and settles each call through it, with the headers of the reply; a service
// counts by itself (limit/limittest), and a call over its quota is an error of the
// measurement, not a figure. When people like something is package population,
// as in bench/freshness.
//
// # What is modelled
//
//   - A round of an instance: at each second, and whenever a worker has become free,
//     it claims as many of what is most overdue as it has free workers, in the order
//     of wake time and id, as the stores do. A claim is atomic and takes 5 ms, and
//     so does a release. Whether a database can answer that fast for 50 instances
//     is not said here: see bench/scale.
//   - A lease: 30 s, renewed each 10 s, so the networks in work of an instance that
//     dies are free when its leases end. With membership the others learn of the
//     death within a second and free them, and what it had reserved of quotas. That
//     is so where the member's own lease is that short or it left by itself.
//   - Three services with three kinds of quota. stars: 5,000 calls an hour for each
//     account, and an unchanged list is free (304). favourites: on servers of
//     different sizes, 3,000 calls in five minutes for each. saves: one quota of the
//     application, 15 calls in five minutes for a hundred accounts, which is less
//     than their polls want, so that it is seen what happens where a quota is short.
//   - A reply comes after 100 to 300 ms, has one page, and is the end of the poll.
//     A service that hangs answers nothing for 30 s, which is a temporary failure.
//
// # What is not
//
// Backfills and sweeps, the CPU of the instances, the database and its failovers,
// pacing within a window, clocks that differ. Rhythms are known from the start, as
// after weeks of polls; how well they are learned is measured by bench/freshness.
package fleet
