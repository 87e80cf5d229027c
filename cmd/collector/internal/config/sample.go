package config

import (
	"fmt"
	"io"
	"strings"

	"collector/connectors"
)

// Sample writes a configuration file with every key at its default and what it
// means. It is valid as it stands.
func Sample(w io.Writer, infos []connectors.Info) error {
	c := Default(infos)
	var b strings.Builder
	b.WriteString("# Configuration of collector. Every key can also be set by the variable that\n# its comment names, and the variable wins; a flag wins over both.\n")
	section, entry := "", ""
	for k, value := range c.Values() {
		parts := strings.Split(k.Name, ".")
		indent := strings.Repeat("  ", len(parts)-1)
		if len(parts) == 3 {
			if parts[0] != section {
				section, entry = parts[0], ""
				fmt.Fprintf(&b, "\n%s:\n", section)
			}
			if parts[1] != entry {
				entry = parts[1]
				fmt.Fprintf(&b, "  %s:\n", entry)
			}
		} else {
			b.WriteString("\n")
		}
		for _, line := range wrap(k.Doc+" ("+k.Env+")", 90-len(indent)) {
			fmt.Fprintf(&b, "%s# %s\n", indent, line)
		}
		fmt.Fprintf(&b, "%s%s: %s\n", indent, parts[len(parts)-1], quote(k, value))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quote writes a value as YAML; defaults hold nothing that needs more.
func quote(k Key, value string) string {
	switch {
	case k.List:
		return "[" + value + "]"
	case value == "":
		return `""`
	case strings.Contains(value, ":"):
		return `"` + value + `"`
	}
	return value
}

// wrap breaks a line at blanks.
func wrap(text string, width int) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}
