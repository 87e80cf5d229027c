package remote

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"collector/control"
	"collector/web"
)

// TestABackupIsWhole, or it is said that there is none.
func TestABackupIsWhole(t *testing.T) {
	const text = "a whole store"
	sum := sha256.Sum256([]byte(text))
	for _, c := range []struct {
		what, kind, digest, copied, sent, length, says string
		is                                             control.Kind
	}{
		{"as it was sent", web.BackupType, web.Digest(sum[:]), `{"items":3}`, text, "13", "", 0},
		{"of which a bit is another", web.BackupType, web.Digest(sum[:]), `{}`, "a whole stork", "13", "is not what it sent", control.Temporary},
		{"that is shorter, and said to be so", web.BackupType, web.Digest(sum[:]), `{}`, "a whole", "7", "is not what it sent", control.Temporary},
		{"that is cut off", web.BackupType, web.Digest(sum[:]), `{}`, "a whole", "13", "no backup was made", control.Temporary},
		{"without a digest", web.BackupType, "", `{}`, text, "13", "is no backup", control.Wrong},
		{"that says nothing of itself", web.BackupType, web.Digest(sum[:]), "", text, "13", "is no backup", control.Wrong},
		{"that is a page", "text/html", web.Digest(sum[:]), `{}`, text, "13", "is no backup", control.Wrong},
	} {
		client := at(t, func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{"Content-Type": c.kind, web.DigestHeader: c.digest, web.CopyHeader: c.copied, "Content-Length": c.length} {
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, c.sent)
		})
		var out strings.Builder
		made, err := client.Backup(t.Context(), &out)
		if c.says != "" {
			if p := problem(t, err); !strings.Contains(p.Reason, c.says) || p.Kind != c.is {
				t.Errorf("one %s: %v %q", c.what, p.Kind, p.Reason)
			}
			continue
		}
		if err != nil || made.Items != 3 || out.String() != text {
			t.Errorf("one %s: %+v, %v, %q", c.what, made, err, out.String())
		}
	}
	c := at(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", web.BackupType)
		w.Header().Set(web.DigestHeader, web.Digest(sum[:]))
		w.Header().Set(web.CopyHeader, `{}`)
		_, _ = io.WriteString(w, text)
	})
	if _, err := c.Backup(t.Context(), full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a full disk: %v", err)
	}
}
