package main

import (
	"time"

	"collector/control/words"
)

// What is printed is written by package words, under names that are short enough for the
// commands, which use them everywhere.

func plain(s string) string               { return words.Plain(s) }
func unsafeRune(r rune) bool              { return words.Unsafe(r) }
func line(s string) string                { return words.Line(s) }
func short(s string, n int) string        { return words.Short(s, n) }
func count(n int) string                  { return words.Count(n) }
func many(n int, one, more string) string { return words.Many(n, one, more) }
func bytesText(n int64) string            { return words.Bytes(n) }
func ago(t, now time.Time) string         { return words.Ago(t, now) }
func until(t, now time.Time) string       { return words.Until(t, now) }
func span(d time.Duration) string         { return words.Span(d) }
func clock(d time.Duration) string        { return words.Clock(d) }
func stamp(t time.Time) *time.Time        { return words.Stamp(t) }
func percent(done, of int) string         { return words.Percent(done, of) }
func shellWord(s string) string           { return words.Shell(s) }
