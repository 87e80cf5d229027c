package fetch

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"

	"collector/auth"
)

// fields returns what gives the secrets of one call by the names of
// connectors.Secret, the empty Secret for what there is not. A salt is the call's
// own: what somebody may see of one call signs with no other salt.
func fields(c *auth.Credential) func(field string) auth.Secret {
	if c == nil {
		return func(string) auth.Secret { return auth.Secret{} }
	}
	salt := ""
	return func(field string) auth.Secret {
		if field != "salt" && field != "salted" {
			secret, _ := c.Field(field) // the empty one for a name that is none
			return secret
		}
		if c.AppPassword.Empty() {
			return auth.Secret{}
		}
		if salt == "" {
			chance := make([]byte, 16)
			rand.Read(chance) // never fails: it ends the program where the system has no randomness
			salt = hex.EncodeToString(chance)
		}
		if field == "salt" {
			return auth.NewSecret(salt)
		}
		sum := md5.Sum([]byte(c.AppPassword.Reveal() + salt)) // as the Subsonic API wants it
		return auth.NewSecret(hex.EncodeToString(sum[:]))
	}
}
