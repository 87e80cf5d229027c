package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"
)

// What comes before a backup.
const (
	BackupType   = "application/vnd.sqlite3"
	DigestHeader = "Repr-Digest"    // the SHA-256 of what is sent
	CopyHeader   = "Collector-Copy" // what is in it: a control.Copy
)

// What a sound is, and what says behind it what is heard in it: a control.Sounded.
const (
	SoundType    = "audio/wav"
	SoundTrailer = "Collector-Heard"
)

// ProgressHeader asks, in a request, to be told how far it is, and tells it in informational answers
// (102): a control.Progressed. A proxy may take such an answer for the last one, so nobody is told whose
// request one has passed on and said so.
const ProgressHeader = "Collector-Progress"

// Digest is a SHA-256 as DigestHeader has it.
func Digest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// HeaderJSON is a value as JSON that fits into a header: in ASCII, on one line.
func HeaderJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null" // no value that is sent this way
	}
	var out strings.Builder
	for _, r := range string(text) {
		if r < 0x7f {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}

// Patient writes an answer of any size: each piece may take a minute to be taken, however long
// it took to make.
func Patient(w http.ResponseWriter) io.Writer {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // where there is none nobody waits
	return patient{w}
}

type patient struct{ w http.ResponseWriter }

func (p patient) Write(b []byte) (int, error) {
	late := time.AfterFunc(oneStretch, func() { CutOff(p.w) })
	defer late.Stop()
	return p.w.Write(b)
}
