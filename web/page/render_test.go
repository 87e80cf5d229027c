package page_test

import (
	"bytes"
	"testing"

	"collector/web/page/pagetest"
)

// TestInTwoParts: what stands above the content and the rest are the page.
func TestInTwoParts(t *testing.T) {
	r := renderer(t)
	for _, p := range pagetest.All() {
		var whole, parts bytes.Buffer
		for _, err := range []error{r.Render(&whole, p.View), r.Top(&parts, p.View), r.Rest(&parts, p.View)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if whole.String() != parts.String() {
			t.Errorf("%s: the parts are not the page", p.Name)
		}
	}
}
