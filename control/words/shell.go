package words

import "strings"

// Shell quotes what a shell would take apart.
func Shell(s string) string {
	plainRune := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@._:/+-", r)
	}
	if s != "" && strings.TrimFunc(s, plainRune) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
