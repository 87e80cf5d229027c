package remote

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/web"
)

// TestASoundIsWhole, or it is said that it is not; what is no sound is not copied.
func TestASoundIsWhole(t *testing.T) {
	for _, c := range []struct {
		what, kind, trailer string
		cut                 bool
		want                control.Sounded
		says                string
	}{
		{"with what is heard", web.SoundType, `{"seconds":3,"likes":2}`, false, control.Sounded{Seconds: 3, Likes: 2}, ""},
		{"without it", web.SoundType, "", false, control.Sounded{}, ""},
		{"that is cut off", web.SoundType, `{"seconds":3}`, true, control.Sounded{}, "what was written is not whole"},
		{"that is a page", "text/html", `{"seconds":3}`, false, control.Sounded{}, "is no sound"},
	} {
		client := at(t, func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query().Encode(); q != "length=1&since=90.5&user=anna" {
				t.Errorf("asked for %s", q)
			}
			w.Header().Set("Content-Type", c.kind)
			w.Header().Set("Trailer", web.SoundTrailer)
			_, _ = io.WriteString(w, "RIFF")
			if c.cut {
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			w.Header().Set(web.SoundTrailer, c.trailer)
		})
		var out strings.Builder
		ask := control.Sounding{User: "anna", Since: 90500 * time.Millisecond, Length: time.Second}
		heard, err := client.Sonify(t.Context(), ask, &out)
		if c.says != "" {
			if p := problem(t, err); !strings.Contains(p.Reason, c.says) {
				t.Errorf("one %s: %q", c.what, p.Reason)
			}
			continue
		}
		if err != nil || heard != c.want || out.String() != "RIFF" {
			t.Errorf("one %s: %+v, %v, %q", c.what, heard, err, out.String())
		}
		if _, err := client.Sonify(t.Context(), ask, full{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("a full disk: %v", err)
		}
	}
}
