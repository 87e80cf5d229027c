package site

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// packLeast is of how many bytes on an answer is compressed: of fewer it would save no packet.
const packLeast = 1024

// packing compresses pages and what they load for those who take gzip. Streams, exports and
// sound go out as they are: they are waited for piece by piece, or are compressed already.
func packing() (func(http.Handler) http.HandlerFunc, error) {
	pack, err := gzhttp.NewWrapper(gzhttp.MinSize(packLeast), gzhttp.ContentTypeFilter(packed))
	if err != nil {
		return nil, fmt.Errorf("making what compresses pages: %w", err)
	}
	return pack, nil
}

// packed are the kinds of content that are compressed.
func packed(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "text/html", "text/css", "text/javascript", "image/svg+xml":
		return true
	}
	return false
}
