package selector

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	end    tokenKind = iota
	word             // a header's name, without quotes
	quoted           // the same, from double quotes
	text             // a string literal
	digits           // a number literal
	sign             // an operator or a parenthesis
)

type token struct {
	kind tokenKind
	text string
	at   int // byte in the selector, from 0
}

// is says whether a token is that operator or keyword; keywords are known in any case.
func (t token) is(what string) bool {
	return t.kind == sign && t.text == what || t.kind == word && strings.EqualFold(t.text, what)
}

// signs are the operators, longer ones before those that they begin with.
var signs = []string{"<>", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")", ","}

// scan cuts a selector into tokens, the last of kind end.
func scan(in string) ([]token, error) {
	var out []token
	for at := 0; at < len(in); {
		rest := in[at:]
		r, size := utf8.DecodeRuneInString(rest)
		t := token{at: at}
		n := 0
		switch {
		case unicode.IsSpace(r):
			at += size
			continue
		case r == '\'' || r == '"':
			value, length, ok := unquote(rest, byte(r))
			if !ok {
				return nil, fmt.Errorf("%w: the quote at byte %d has no end", ErrSyntax, at+1)
			}
			t.kind, t.text, n = text, value, length
			if r == '"' {
				t.kind = quoted
			}
		case r >= '0' && r <= '9' || r == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
			n = number(rest)
			t.kind, t.text = digits, rest[:n]
		case inName(r) && !unicode.IsDigit(r):
			n = strings.IndexFunc(rest, func(r rune) bool { return !inName(r) && r != '.' })
			if n < 0 {
				n = len(rest)
			}
			t.kind, t.text = word, rest[:n]
		default:
			for _, s := range signs {
				if strings.HasPrefix(rest, s) {
					t.kind, t.text, n = sign, s, len(s)
					break
				}
			}
			if n == 0 {
				return nil, fmt.Errorf("%w: %q at byte %d means nothing", ErrSyntax, r, at+1)
			}
		}
		out = append(out, t)
		at += n
	}
	return append(out, token{at: len(in)}), nil
}

func inName(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// unquote reads a quoted text, in which a doubled quote stands for one. It returns how many bytes it takes.
func unquote(in string, quote byte) (string, int, bool) {
	var b strings.Builder
	for i := 1; i < len(in); i++ {
		if in[i] != quote {
			b.WriteByte(in[i])
			continue
		}
		if i+1 == len(in) || in[i+1] != quote {
			return b.String(), i + 1, true
		}
		b.WriteByte(quote)
		i++
	}
	return "", 0, false
}

// number returns the length of the number that the text begins with: 12, 1.5, .5, 6.02e23.
func number(in string) int {
	digit := func(i int) bool { return i < len(in) && in[i] >= '0' && in[i] <= '9' }
	n := 0
	for digit(n) {
		n++
	}
	if n < len(in) && in[n] == '.' {
		for n++; digit(n); n++ {
		}
	}
	if n < len(in) && (in[n] == 'e' || in[n] == 'E') {
		i := n + 1
		if i < len(in) && (in[i] == '+' || in[i] == '-') {
			i++
		}
		if digit(i) {
			for n = i; digit(n); n++ {
			}
		}
	}
	return n
}
