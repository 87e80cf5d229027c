package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrWrongKey says that the secret key is not the one that the store was sealed
// with (or is missing). Nothing is ever sealed anew because of it.
var ErrWrongKey = errors.New("the secret key does not fit this store")

// ErrDamaged says that a sealed value was changed, or belongs to another
// account or field.
var ErrDamaged = errors.New("the sealed value is damaged")

const (
	keySize = 32 // AES-256
	idSize  = 8  // bytes of a key's id, in front of everything it sealed
)

// key is one secret key, ready for use.
type key struct {
	id   string // hex
	aead cipher.AEAD
	text Secret // base64, as the key file has it
}

// Keyring seals with its first key and opens with all of them. A sealed value
// is bound to an account and a field, so that a value moved to another row does
// not open. It is safe for use by many goroutines.
type Keyring struct {
	mu     sync.Mutex
	keys   []key
	reread func() ([]key, error) // the key file as it is now; nil: keys never change
}

// ParseKeys reads keys separated by line breaks, spaces or commas: 32 bytes in
// base64 each (standard or URL alphabet, with or without padding), the first
// seals, the others only open. Lines that begin with # are comments.
func ParseKeys(text string) (*Keyring, error) {
	keys, err := parseKeys(text)
	if err != nil {
		return nil, err
	}
	return &Keyring{keys: keys}, nil
}

func parseKeys(text string) ([]key, error) {
	var keys []key
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
			k, err := parseKey(word)
			if err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no secret key: it is 32 random bytes in base64 (openssl rand -base64 32)")
	}
	return keys, nil
}

func parseKey(word string) (key, error) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(word, "="))
	raw, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return key{}, errors.New("the secret key is not base64: it is 32 random bytes in base64 (openssl rand -base64 32)")
	}
	if len(raw) != keySize {
		return key{}, fmt.Errorf("the secret key has %d bytes, it must have %d (openssl rand -base64 32)", len(raw), keySize)
	}
	return newKey(raw)
}

func newKey(raw []byte) (key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, fmt.Errorf("preparing the secret key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, fmt.Errorf("preparing the secret key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("collector key id\x00"), raw...))
	return key{hex.EncodeToString(sum[:idSize]), aead, NewSecret(base64.StdEncoding.EncodeToString(raw))}, nil
}

// makeKey draws a new key.
func makeKey() (key, error) {
	raw := make([]byte, keySize)
	rand.Read(raw) // never fails: it ends the program where the system has no randomness
	return newKey(raw)
}

// bound is the associated data of a value.
func bound(id, account, field string) []byte {
	return fmt.Appendf(nil, "collector/1\x00%s\x00%d\x00%s\x00%s", id, len(account), account, field)
}

// Seal returns the sealed form of plain, bound to the account and the field,
// and the id of the key that sealed it.
func (r *Keyring) Seal(account, field string, plain []byte) (keyID string, sealed []byte, err error) {
	if err := r.refresh(); err != nil {
		return "", nil, err
	}
	k := r.all()[0]
	id, err := hex.DecodeString(k.id)
	if err != nil {
		return "", nil, fmt.Errorf("sealing: %w", err)
	}
	return k.id, k.aead.Seal(id, nil, plain, bound(k.id, account, field)), nil
}

// Open returns what was sealed for the account and the field. ErrWrongKey: no
// key of the ring sealed it. ErrDamaged: it is not as it was sealed.
func (r *Keyring) Open(account, field string, sealed []byte) ([]byte, error) {
	if len(sealed) <= idSize {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrDamaged, len(sealed))
	}
	id := hex.EncodeToString(sealed[:idSize])
	k, ok := r.find(id)
	if !ok { // the key file may have been rotated since it was read
		if err := r.refresh(); err != nil {
			return nil, err
		}
		if k, ok = r.find(id); !ok {
			return nil, fmt.Errorf("%w: it was sealed with key %s, here are %s", ErrWrongKey, id, strings.Join(r.IDs(), ", "))
		}
	}
	plain, err := k.aead.Open(nil, nil, sealed[idSize:], bound(id, account, field))
	if err != nil {
		return nil, fmt.Errorf("%w: it was changed, or belongs to another account", ErrDamaged)
	}
	return plain, nil
}

// IDs returns the ids of the keys, the sealing one first. An id tells nothing
// of its key.
func (r *Keyring) IDs() []string {
	var out []string
	for _, k := range r.all() {
		out = append(out, k.id)
	}
	return out
}

func (r *Keyring) all() []key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

func (r *Keyring) find(id string) (key, bool) {
	for _, k := range r.all() {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// refresh takes over what the key file says now.
func (r *Keyring) refresh() error {
	if r.reread == nil {
		return nil
	}
	keys, err := r.reread()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = keys
	return nil
}
