// Package search measures what a search costs among 100,000 and among 1,000,000 items, on
// SQLite and on MongoDB, by the same questions: those of queries.go, best first and newest
// first, and the counts beside what was found.
//
// The library is committed by the product itself, page after page. How often a word is
// used follows Zipf's law, so that the worst questions are among the asked: words that
// stand in half of the items, pairs of common words that meet rarely, beginnings of
// thousands of words, and fields that hardly any hit has.
//
// The aim is a 95th percentile of 50 ms among 100,000 items and of 200 ms among
// 1,000,000; of the counts 300 ms, which is twice what a look at the newest likes costs
// (docs/decisions/100). It is run by
//
//	go run ./bench queries
//
// on a machine that does nothing else; queries/sqlite/100k is the shortest of them.
package search
