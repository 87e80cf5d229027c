package words

import (
	"testing"
	"time"
)

func TestWordsOfTimeAndNumbers(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(3014): "3,014", Count(1234567): "1,234,567", Count(-1000): "-1,000",
		Many(1, "item", "items"): "1 item", Many(2000, "item", "items"): "2,000 items",
		Span(8 * time.Second): "8s", Span(13 * time.Minute): "13m", Span(90 * time.Minute): "1h30m", Span(2 * time.Hour): "2h",
		Span(26 * time.Hour): "26h", Span(72 * time.Hour): "3d", Span(0): "0s",
		Clock(13 * time.Second): "00:13", Clock(3729 * time.Second): "1:02:09",
		Ago(time.Time{}, noon): "-", Ago(noon.Add(-2*time.Minute), noon): "2m ago", Ago(noon, noon): "now",
		Until(noon.Add(-time.Hour), noon): "now", Until(noon.Add(13*time.Minute), noon): "in 13m",
		Percent(30, 31): "96 %", Percent(3099, 3100): "99 %", Percent(31, 31): "100 %", Percent(40, 31): "100 %",
		Short("abcdef", 4): "abc…", Short("abc", 4): "abc", Short("日本語日本語", 4): "日本語…",
		Bytes(999): "999 bytes", Bytes(1_200_000_000): "1.2 GB",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTextsAreSafe: nothing that a terminal obeys is left of what came from outside.
func TestTextsAreSafe(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b[2Jb": "a[2Jb", "a\u202eb": "ab", "a\xffb": "ab", "a\r\nb": "a\nb", "\u2028": "", "ä\tö": "ä\tö",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := Line("a\n b\t c"); got != "a b c" {
		t.Errorf("on one line: %q", got)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"github", "mastodon", "bluesky"}
	for word, want := range map[string]string{"gihub": "github", "GitHub": "github", "mastadon": "mastodon", "reddit": "", "": ""} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}
