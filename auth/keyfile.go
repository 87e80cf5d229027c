package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrNoKey says that no secret key was given and none may be made. It is also
// an ErrWrongKey when the store was sealed with one.
var ErrNoKey = errors.New("there is no secret key")

// credentialName is the name of the key among systemd's credentials.
const credentialName = "collector.key"

// KeySource says where the secret key is looked for, in this order.
type KeySource struct {
	Text        Secret // the key itself: COLLECTOR_SECRET_KEY
	File        string // a file that holds it: COLLECTOR_SECRET_KEY_FILE
	Credentials string // systemd's folder of credentials: CREDENTIALS_DIRECTORY
	Beside      string // the file beside the store, made when there is none; "": never made, as two hosts would each make one
}

// KeyFileBeside is the key file of an SQLite store.
func KeyFileBeside(database string) string {
	return filepath.Join(filepath.Dir(database), "collector.key")
}

// Load reads the keys. mayMake allows a new one to be made at Beside, with mode
// 0600, where nothing else gives a key. A ring from a file reads it anew when
// it seals and when it meets a value that another key sealed, so that a running
// program follows a rotation.
func (src KeySource) Load(mayMake bool) (*Keyring, error) {
	if !src.Text.Empty() {
		ring, err := ParseKeys(src.Text.Reveal())
		if err != nil {
			return nil, fmt.Errorf("reading COLLECTOR_SECRET_KEY: %w", err)
		}
		return ring, nil
	}
	path, check, err := src.find()
	if err != nil {
		return nil, err
	}
	if path == "" && src.Beside == "" {
		return nil, fmt.Errorf("%w: set COLLECTOR_SECRET_KEY_FILE to a file with 32 random bytes in base64 (openssl rand -base64 32), the same for all instances", ErrNoKey)
	}
	if path == "" {
		path, check = src.Beside, true
		if !mayMake {
			return nil, fmt.Errorf("%w: %s is gone, and the store was sealed with it; put it back (it is not in the database's backup)", ErrNoKey, path)
		}
		if err := makeKeyFile(path); err != nil {
			return nil, err
		}
	}
	reread := func() ([]key, error) { return readKeyFile(path, check) }
	keys, err := reread()
	if err != nil {
		return nil, err
	}
	return &Keyring{keys: keys, reread: reread}, nil
}

// Path returns the file that the keys come from, "" where it is no file.
func (src KeySource) Path() string {
	if !src.Text.Empty() {
		return ""
	}
	path, _, err := src.find()
	if err != nil {
		return ""
	}
	if path == "" {
		path = src.Beside
	}
	return path
}

// find returns the file to read, "" when there is none yet, and whether its
// mode is to be checked: systemd looks after its own.
func (src KeySource) find() (path string, check bool, err error) {
	if src.File != "" {
		return src.File, true, nil
	}
	if src.Credentials != "" {
		path := filepath.Join(src.Credentials, credentialName)
		if _, err := os.Stat(path); err == nil {
			return path, false, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", false, fmt.Errorf("looking for the secret key: %w", err)
		}
	}
	if src.Beside == "" {
		return "", false, nil
	}
	if _, err := os.Stat(src.Beside); err == nil {
		return src.Beside, true, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", false, fmt.Errorf("looking for the secret key: %w", err)
	}
	return "", false, nil
}

func readKeyFile(path string, check bool) ([]key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist", ErrNoKey, path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secret key: %w", err)
	}
	if check && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("other people of this computer can read the secret key in %s (mode %#o): run chmod 600 %s", path, info.Mode().Perm(), path)
	}
	if info.Size() > 64<<10 {
		return nil, fmt.Errorf("the secret key file %s has %d bytes: is it another file?", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the secret key: %w", err)
	}
	keys, err := parseKeys(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading the secret key file %s: %w", path, err)
	}
	return keys, nil
}

// makeKeyFile writes a new key, unless another process was quicker: the file
// appears with its whole content or not at all.
func makeKeyFile(path string) error {
	k, err := makeKey()
	if err != nil {
		return err
	}
	tmp, err := writeKeys(path, []key{k})
	if err != nil {
		return err
	}
	err = os.Link(tmp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// File systems without links (some network and FAT ones): rename, which
		// on them is as good as it gets.
		if _, statErr := os.Stat(path); errors.Is(statErr, fs.ErrNotExist) {
			err = os.Rename(tmp, path)
		} else {
			err = nil
		}
	}
	_ = os.Remove(tmp) // gone after a rename
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the secret key file: %w", err)
	}
	return syncFolder(path)
}

// writeKeys writes keys to a temporary file beside path, durably.
func writeKeys(path string, keys []key) (tmp string, err error) {
	var b strings.Builder
	b.WriteString("# Secret key of collector: opens the stored sign-ins. Keep a copy apart from the database's backup.\n")
	for _, k := range keys {
		b.WriteString(k.text.Reveal() + "\n")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".collector.key-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("writing the secret key file: %w", err)
	}
	_, err = f.WriteString(b.String())
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("writing the secret key file: %w", err)
	}
	return f.Name(), nil
}

// syncFolder makes a new name in a folder durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be opened for it there
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("making the secret key file durable: %w", err)
	}
	err = errors.Join(dir.Sync(), dir.Close())
	if err != nil {
		return fmt.Errorf("making the secret key file durable: %w", err)
	}
	return nil
}
