package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsAreNeverPrinted(t *testing.T) {
	const text = "CANARY-secret-text"
	type holder struct {
		hidden  Secret
		Shown   Secret
		Pointer *Secret
		List    []Secret
		Map     map[string]Secret
		Any     any
	}
	s := NewSecret(text)
	h := holder{s, s, &s, []Secret{s}, map[string]Secret{"k": s}, s}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil),
	} {
		slog.New(handler).Info("x", "secret", s, "holder", h, "pointer", &h, "credential", Credential{Access: s, Refresh: s})
	}
	outputs := []string{log.String(), s.String(), s.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%t", "% x", "%10.3s"} {
		for _, v := range []any{s, &s, h, &h, []any{s, h}, Credential{Access: s}, Opened{Credential: Credential{AppPassword: s}}, s.text == nil} {
			outputs = append(outputs, fmt.Sprintf(verb, v))
		}
	}
	for _, v := range []any{s, h, &h, Credential{Access: s, Refresh: s, ClientSecret: s, AppPassword: s}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, string(text))
	}
	for _, out := range outputs {
		low := strings.ToLower(out)
		if strings.Contains(out, text) || strings.Contains(low, fmt.Sprintf("%x", text)) {
			t.Errorf("printed: %s", out)
		}
	}
	if s.Reveal() != text || s.Empty() || !s.Equal(NewSecret(text)) || s.Equal(Secret{}) || !(Secret{}).Empty() {
		t.Error("the secret itself is wrong")
	}
	if got := fmt.Sprint(s); got != "(secret)" {
		t.Errorf("printed as %q", got)
	}
}
