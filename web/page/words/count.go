package words

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	plain "collector/control/words"
)

// Number groups by thousands: "4,737".
func Number(n int) string { return plain.Count(n) }

// Few is a number that begins or stands in a sentence: in letters up to twelve.
func Few(n int) string {
	letters := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(letters) {
		return letters[n]
	}
	return Number(n)
}

// First makes the first letter a capital one.
func First(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// List joins words as a sentence does: "a", "a and b", "a, b and c".
func List(of []string) string { return plain.List(of) }

// Size is an amount of bytes: "41 MB".
func Size(bytes int64) string { return humanize.Bytes(uint64(max(bytes, 0))) }

// Left is what is left of a quota: "2,386 of 5,000 calls left". Unit is plural.
func Left(left, of int, unit string) Phrase {
	return Strong(Number(left)).And(Plain(fmt.Sprintf(" of %s %s left", Number(of), unit)))
}
