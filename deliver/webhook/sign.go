package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/auth"
)

// secretBytes is the length of a secret: the specification asks for 24 to 64 bytes.
const secretBytes = 32

// OldFor is how long the secret before the last rotation is signed with too.
const OldFor = 24 * time.Hour

// NewSecret draws a secret. Its text is for the endpoint's owner, once.
func NewSecret() string {
	raw := make([]byte, secretBytes)
	rand.Read(raw) // never fails: it ends the program where the system has no randomness
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}

// Seal seals the secrets of an endpoint; old may be empty.
func Seal(ring *auth.Keyring, id string, secret, old auth.Secret) (auth.Record, error) {
	return ring.SealCredential(account(id), auth.Credential{Access: secret, Refresh: old})
}

// Unseal returns the secrets of an endpoint.
func Unseal(ring *auth.Keyring, e Endpoint) (auth.Credential, error) {
	c, err := ring.OpenCredential(e.Secret)
	if err != nil {
		return c, fmt.Errorf("opening the secret of webhook %s: %w", e.ID, err)
	}
	return c, nil
}

// accounts is what the names of records of secrets begin with.
const accounts = "webhook/"

func account(id string) string { return accounts + id }

// Sign returns the headers of a message: with the secret, and with that of before while it
// is valid.
func Sign(c auth.Credential, oldUntil time.Time, id string, now time.Time, body []byte) (http.Header, error) {
	secrets := []auth.Secret{c.Access}
	if now.Before(oldUntil) && !c.Refresh.Empty() {
		secrets = append(secrets, c.Refresh)
	}
	var signatures []string
	for _, secret := range secrets {
		w, err := standardwebhooks.NewWebhook(secret.Reveal())
		if err != nil {
			return nil, fmt.Errorf("reading the secret of a webhook: it is not what this program made")
		}
		s, err := w.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
		signatures = append(signatures, s)
	}
	h := http.Header{}
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	h.Set("Content-Type", "application/json")
	return h, nil
}
