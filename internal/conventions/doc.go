// Package conventions holds the repository to its own rules. It has no code of
// its own, only tests: over the import graph, the connectors' folders, the
// configuration keys, the container files and the text of every file.
//
// A rule is data with its reason, and the reason is in the message, so that who
// breaks one learns why it stands. Each checker is a function over small values,
// and is run over sabotaged ones too: a rule that cannot fail is no rule.
package conventions
