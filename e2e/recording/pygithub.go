package recording

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pygithub reads the replay data of PyGithub's tests
// (https://github.com/PyGithub/PyGithub/tree/main/tests/ReplayData): ten lines
// an exchange (scheme, verb, host, port, address, request headers, request body,
// status, reply headers as a Python list of pairs, reply body) and an empty one.
func pygithub(data []byte) ([]Exchange, error) {
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	if len(lines) < 10 || lines[0] != "https" && lines[0] != "http" {
		return nil, errOther
	}
	var out []Exchange
	for at := 0; at < len(lines) && lines[at] != ""; at += 11 {
		if at+8 >= len(lines) {
			return nil, fmt.Errorf("line %d: the exchange is cut", at+1)
		}
		x := lines[at:]
		status, err := strconv.Atoi(x[7])
		if err != nil {
			return nil, fmt.Errorf("line %d: status %q: %w", at+8, x[7], err)
		}
		words := pythonStrings(x[8])
		if len(words)%2 != 0 {
			return nil, fmt.Errorf("line %d: a header name without a value", at+9)
		}
		h := http.Header{}
		for i := 0; i+1 < len(words); i += 2 {
			h.Add(words[i], words[i+1])
		}
		host := x[2]
		if x[3] != "None" {
			host += ":" + x[3]
		}
		e := Exchange{Method: x[1], URL: x[0] + "://" + host + x[4], Status: status, Header: h}
		if x[6] != "None" {
			e.Sent = []byte(x[6])
		}
		if len(x) > 9 {
			e.Body = []byte(x[9])
		}
		out = append(out, e)
	}
	return out, nil
}

// pythonStrings returns the string literals of a line of Python, in order.
func pythonStrings(line string) []string {
	var out []string
	for i := 0; i < len(line); i++ {
		quote := line[i]
		if quote != '\'' && quote != '"' {
			continue
		}
		var b strings.Builder
		for i++; i < len(line) && line[i] != quote; i++ {
			if line[i] == '\\' && i+1 < len(line) {
				i += escape(&b, line[i+1:])
				continue
			}
			b.WriteByte(line[i])
		}
		out = append(out, b.String())
	}
	return out
}

// escape writes what follows a backslash and says how many bytes it took.
func escape(b *strings.Builder, rest string) int {
	if rest[0] == 'x' && len(rest) > 2 {
		if n, err := strconv.ParseUint(rest[1:3], 16, 8); err == nil {
			b.Write(utf8.AppendRune(nil, rune(n)))
			return 3
		}
	}
	plain := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}
	if c, ok := plain[rest[0]]; ok {
		b.WriteByte(c)
	} else {
		b.WriteByte(rest[0])
	}
	return 1
}
