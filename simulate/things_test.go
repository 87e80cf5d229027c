package simulate

import "testing"

// TestHeadlinesEndWithAWord: none is longer than 40 characters, and none is cut in the
// middle of a word that is shorter.
func TestHeadlinesEndWithAWord(t *testing.T) {
	for text, want := range map[string]string{
		"":           "",
		"short":      "Short",
		"über alles": "Über alles",
		"1234567890 1234567890 1234567890 1234567":            "1234567890 1234567890 1234567890 1234567",
		"1234567890 1234567890 1234567890 12345678":           "1234567890 1234567890 1234567890…",
		"1234567890 1234567890 1234567890 123456 8":           "1234567890 1234567890 1234567890 123456…",
		"a thread on the quick harbour. It sleeps, and why":   "A thread on the quick harbour. It…",
		"a thread on the quick harbour. Sleeping, and why":    "A thread on the quick harbour…",
		"äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü": "Äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü…",
	} {
		if got := headline(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
