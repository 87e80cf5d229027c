// Package words says times, waits, counts and faults in the voice of the pages:
// short words, whole sentences, the clock before the distance ("15:17, in 21
// min"), the reason behind each wait, and for each failure whose fault it is and
// what comes next.
//
// Everything is a pure function: now is an argument, and its location decides how
// clocks read. A sentence is a Phrase, a row of parts of which some are strong and
// some are moments; a page turns a moment into <time>, a terminal would print its
// text. No part is markup, so nothing that a service said can become any.
package words
