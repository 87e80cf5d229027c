// Package likeastore reads the MongoDB database of Likeastore, the program that
// collector took over from, as something that can be moved into a store.
//
// Likeastore kept one document a list in networks (user, service, accessToken,
// mode, scheduledTo, skip, disabled, …) and one a like in items (user, type,
// itemId, source, date, …): https://github.com/likeastore/collector. Here the first
// becomes an account with its network and its sealed sign-in, the second an item.
// Ids are derived from those of the old documents, so a move that is cut short goes
// on with the same ones. The old database is only read.
//
// What the old program may have missed is not in it: it asked for one page a poll,
// skipped a page whose items could not be saved, and dropped a like whose id another
// service had used for the same user. So items count as imported, which no walk
// takes for known, and the first walk of each network reads its whole list.
package likeastore
