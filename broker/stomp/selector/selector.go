// Package selector decides by its headers whether a message is wanted, with the
// expressions that brokers take in the header selector of SUBSCRIBE: the subset of SQL-92
// conditions that JMS 1.1, section 3.8.1 (Message Selector) defines.
//
//	type = 'star' AND (stars >= 100 OR language IN ('Go', 'Rust')) AND "content-type" LIKE 'text/%'
//
// Names are those of headers, as they were sent; one with other characters than letters,
// digits, _, $ and . stands in double quotes. All headers are text: beside a number they count as
// numbers, beside TRUE and FALSE as those, and what is neither is unknown, as a missing header
// is. Unknown follows SQL: a message is wanted only if the condition is true. Bodies are not looked at.
package selector

import (
	"errors"
	"fmt"
)

// Bounds of a selector.
const (
	MaxLength = 1024 // bytes
	maxDepth  = 64   // parentheses, NOTs and signs inside each other
)

// ErrSyntax is in every error of Parse.
var ErrSyntax = errors.New("this is no selector")

// Headers looks up the value of a header and says whether it is there.
type Headers func(name string) (string, bool)

// Selector is a parsed condition. It is safe for concurrent use.
type Selector struct{ condition expression }

// Match says whether the condition is true.
func (s *Selector) Match(h Headers) bool {
	v := s.condition(h).truth()
	return v.kind == boolean && v.b
}

// Parse reads a selector. Its errors wrap ErrSyntax and name the place.
func Parse(text string) (*Selector, error) {
	if len(text) > MaxLength {
		return nil, fmt.Errorf("%w: it has %d bytes, %d are allowed", ErrSyntax, len(text), MaxLength)
	}
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	condition, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != end {
		return nil, p.unexpected("the end")
	}
	return &Selector{condition}, nil
}
