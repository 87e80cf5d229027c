package config

import "collector/auth"

// Secret is a value that is never shown: however it is printed, logged or
// encoded, it reads "(secret)".
type Secret struct{ auth.Secret }

// UnmarshalText takes the text from a file or a variable.
func (s *Secret) UnmarshalText(text []byte) error {
	s.Secret = auth.NewSecret(string(text))
	return nil
}
