package card

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/offline/durable"
)

// Names of files, below the directories of a Card.
const (
	errorsName  = "kassa.errors.txt"
	nextName    = "kassa.new"                // on the FAT: the file without its secrets
	pendingName = "identity/card.pending"    // the digest of that, while it takes the file's place
	appliedName = "identity/card.applied"    // the digest of what was applied last
	hostName    = "identity/hostname"        //
	wifiDir     = "iwd"                      //
	wifiMain    = "identity/iwd/main.conf"   // iwd's own settings: the country
	secretName  = "kassa/moysklad.secret"    // the till's
	configName  = "config/kassa.toml"        // ..
	keysName    = "ssh/authorized_keys"      //
	StatusName  = "card.json"                // in Run: what became of it
	tillsSecret = "/var/lib/" + secretName   // as the till sees it
	fromCard    = "# kassa.toml of the card" // the first line of what the card has made and may remove
)

// Card is where a card's file and what comes of it are.
type Card struct {
	FAT  string // the mounted FAT partition
	Data string // the data partition
	Run  string // for Status
	// Writable makes the FAT so, or read-only again; nil: it is.
	Writable func(bool) error
	// SetHostname names the running machine; nil: not here.
	SetHostname func(string) error
	Now         func() time.Time

	cut func(step string) error // of a test: the power goes before a step
}

// Status is what became of the file, for the till to show.
type Status struct {
	At       time.Time `json:"at"`
	File     bool      `json:"file"`     // there is one
	Applied  []string  `json:"applied"`  // the keys that were taken now
	Problems []Problem `json:"problems"` // none of it was taken
	Kept     bool      `json:"kept"`     // secrets could not be taken out of it
}

// Problem is one thing that is wrong, in both languages.
type Problem struct {
	Ru string `json:"ru"`
	En string `json:"en"`
}

// ReadStatus reads what Apply has left below run; none is the zero Status.
func ReadStatus(run string) (s Status, err error) {
	text, err := os.ReadFile(filepath.Join(run, StatusName))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

func (c *Card) data(name string) string { return filepath.Join(c.Data, filepath.FromSlash(name)) }
func (c *Card) fat(name string) string  { return filepath.Join(c.FAT, name) }

// step is one change on a disk. A test ends the world before it.
func (c *Card) step(name string, do func() error) error {
	if c.cut != nil {
		if err := c.cut(name); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Apply does at a start what the file says, unless that was done. An error is
// the machine's: what is wrong with the file is in the Status.
func (c *Card) Apply() (s Status, err error) {
	s.At = c.Now().UTC().Truncate(time.Second)
	if err := c.resume(); err != nil {
		return s, err
	}
	text, err := read(c.fat(Name))
	s.File = !errors.Is(err, fs.ErrNotExist)
	if s.File && err == nil {
		err = c.applyText(text, &s)
	} else if !s.File {
		err = nil
	}
	return s, errors.Join(err, c.name(), c.tell(&s))
}

func read(path string) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no plain file", path)
	}
	if fi.Size() > MaxSize { // Parse says so without its text
		return make([]byte, MaxSize+1), nil
	}
	return os.ReadFile(path)
}

func digest(text []byte) []byte {
	sum := sha256.Sum256(text)
	return []byte(hex.EncodeToString(sum[:]) + "\n")
}

func (c *Card) is(name string, text []byte) bool {
	have, err := os.ReadFile(c.data(name))
	return err == nil && bytes.Equal(have, digest(text))
}

func (c *Card) applyText(text []byte, s *Status) error {
	if c.is(appliedName, text) {
		return nil
	}
	f, err := Parse(text)
	if err == nil {
		_, err = c.configure(f, true)
	}
	var wrong config.Problems
	if errors.As(err, &wrong) {
		for _, p := range wrong {
			s.Problems = append(s.Problems, Problem{p.Text("ru"), p.Text("en")})
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.take(f, s); err != nil {
		return err
	}
	clean, err := blanked(text, f)
	if again, bad := Parse(clean); err != nil || bad != nil || again.WiFi.Password != "" || again.Cloud.Token != "" {
		s.Kept = true // written in a way that is not changed from here
		return nil
	}
	if !bytes.Equal(clean, text) {
		if err := c.blank(text, clean); err != nil {
			if errors.Is(err, errCut) {
				return err
			}
			s.Kept = true // a card that is locked: said, and tried again at the next start
			return nil
		}
	}
	return c.step("applied", func() error { return durable.Replace(c.data(appliedName), digest(clean), 0o600) })
}

// errCut is the power's, in a test.
var errCut = errors.New("card: the power is cut")

// take does what the file says; each step again does the same again.
func (c *Card) take(f *File, s *Status) error {
	did := func(key string) { s.Applied = append(s.Applied, key) }
	if f.Hostname != "" {
		did("hostname")
		err := c.step("hostname", func() error {
			return durable.Replace(c.data(hostName), []byte(strings.ToLower(f.Hostname)+"\n"), 0o644)
		})
		if err != nil {
			return err
		}
	}
	if f.WiFi.SSID != "" {
		did("wifi")
		if err := c.takeWiFi(f.WiFi); err != nil {
			return err
		}
	}
	if f.Cloud.Token != "" {
		did("cloud")
		err := c.step("secret", func() error {
			path := c.data(secretName)
			if err := durable.Replace(path, fmt.Appendf(nil, "token = %q\n", f.Cloud.Token), 0o600); err != nil {
				return err
			}
			return ownedLike(path, filepath.Dir(path))
		})
		if err != nil {
			return err
		}
	}
	if err := c.takeKey(f.SSH.Key, did); err != nil {
		return err
	}
	var keys []string
	err := c.step("configuration", func() (err error) {
		keys, err = c.configure(f, false)
		return err
	})
	s.Applied = append(s.Applied, keys...)
	return err
}

// takeWiFi leaves the file iwd reads; other networks of the card go.
func (c *Card) takeWiFi(w WiFi) error {
	name, text := w.network()
	if w.Country != "" {
		if err := c.step("country", func() error {
			path := c.data(wifiMain)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return durable.Replace(path, fmt.Appendf(nil, "[General]\nCountry=%s\n", w.Country), 0o644)
		}); err != nil {
			return err
		}
	}
	dir := c.data(wifiDir)
	if text == "" {
		if _, err := os.Stat(filepath.Join(dir, name+".psk")); err == nil {
			return nil // its password was taken before
		}
		name, text = name+".open", "[Settings]\nAutoConnect=true\n"
	}
	if err := c.step("network", func() error {
		return durable.Replace(filepath.Join(dir, name), []byte(fromCard+"\n"+text), 0o600)
	}); err != nil {
		return err
	}
	return c.step("old networks", func() error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if e.Name() != name && ofCard(path) {
				err = errors.Join(err, durable.Remove(path))
			}
		}
		return err
	})
}

// takeKey lets the key in, or nobody any more; a key that somebody laid there by
// hand stays.
func (c *Card) takeKey(key string, did func(string)) error {
	path := c.data(keysName)
	switch {
	case key != "":
		did("ssh.key")
		return c.step("ssh key", func() error { return durable.Replace(path, []byte(fromCard+"\n"+key+"\n"), 0o600) })
	case ofCard(path):
		did("ssh.key")
		return c.step("ssh key", func() error { return durable.Remove(path) })
	}
	return nil
}

func ofCard(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && strings.HasPrefix(string(text), fromCard+"\n")
}

// ownedLike gives a file to whoever has another.
func ownedLike(path, like string) error {
	fi, err := os.Stat(like)
	if err != nil {
		return err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("card: no owners on this system")
	}
	return os.Chown(path, int(st.Uid), int(st.Gid))
}

// configure changes the till's configuration.
func (c *Card) configure(f *File, dry bool) (keys []string, err error) {
	edits, err := config.Change(c.data(configName), "", f.wish(tillsSecret), dry)
	for _, e := range edits {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	return keys, err
}

// blanked is the text without its secrets, as UTF-8.
func blanked(text []byte, f *File) ([]byte, error) {
	if f.WiFi.Password == "" && f.Cloud.Token == "" {
		return text, nil
	}
	plain, err := decoded(text)
	if err != nil {
		return nil, err
	}
	var edits []config.Edit
	for _, key := range secrets {
		if lineOf(plain, key) > 0 {
			edits = append(edits, config.Edit{Key: key, Value: `""`})
		}
	}
	return config.Apply(plain, edits)
}

// blank puts the file without secrets in its place: first beside it, then what
// was there is overwritten, then the new one gets its name.
func (c *Card) blank(text, clean []byte) (err error) {
	if err := c.writable(true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.writable(false)) }()
	if err := c.step("next", func() error { return put(c.fat(nextName), clean, os.O_TRUNC) }); err != nil {
		return err
	}
	if err := c.step("pending", func() error {
		return durable.Replace(c.data(pendingName), append(digest(clean), digest(text)...), 0o600)
	}); err != nil {
		return err
	}
	return c.settle(len(text))
}

// settle overwrites the old file and gives the new one its name.
func (c *Card) settle(size int) error {
	if err := c.step("overwrite", func() error { return put(c.fat(Name), bytes.Repeat([]byte{'\n'}, size), 0) }); err != nil {
		return err
	}
	if err := c.step("rename", func() error {
		return errors.Join(os.Rename(c.fat(nextName), c.fat(Name)), durable.SyncDir(c.FAT))
	}); err != nil {
		return err
	}
	return c.step("settled", func() error { return durable.Remove(c.data(pendingName)) })
}

// resume ends a blanking that was cut: everything of the file is on the data
// partition by then. A file that somebody has changed meanwhile is a new one.
func (c *Card) resume() (err error) {
	pending, err := os.ReadFile(c.data(pendingName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	next, nerr := os.ReadFile(c.fat(nextName))
	now, err := read(c.fat(Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if nerr != nil || !bytes.HasPrefix(pending, digest(next)) || !bytes.HasSuffix(pending, digest(now)) && !overwritten(now) {
		return c.step("settled", func() error { return durable.Remove(c.data(pendingName)) })
	}
	if err := c.writable(true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.writable(false)) }()
	return c.settle(len(now))
}

// overwritten tells whether a text is, or begins to be, what is put over an old
// one: a sector of empty lines.
func overwritten(text []byte) bool {
	return bytes.Contains(text, bytes.Repeat([]byte{'\n'}, max(1, min(len(text), sector))))
}

const sector = 512

// put writes a file's bytes where they are, and flushes them.
func put(path string, text []byte, flag int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func (c *Card) writable(yes bool) error {
	if c.Writable == nil {
		return nil
	}
	return c.Writable(yes)
}

// name gives the running machine the name it has been given at any start.
func (c *Card) name() error {
	text, err := os.ReadFile(c.data(hostName))
	if errors.Is(err, fs.ErrNotExist) || c.SetHostname == nil {
		return nil
	}
	if err != nil {
		return err
	}
	return c.SetHostname(strings.TrimSpace(string(text)))
}

// tell leaves the status for the till, and beside the file what is wrong with
// it.
func (c *Card) tell(s *Status) error {
	err := c.tellOwner(s)
	if err != nil && !errors.Is(err, errCut) {
		err = nil // a card that is locked: the till says it
	}
	b, merr := json.Marshal(s)
	if merr != nil {
		return merr
	}
	return errors.Join(err, os.MkdirAll(c.Run, 0o755), durable.Replace(filepath.Join(c.Run, StatusName), b, 0o644))
}

func (c *Card) tellOwner(s *Status) (err error) {
	var b strings.Builder
	for _, p := range s.Problems {
		b.WriteString(p.Ru + "\r\n" + p.En + "\r\n\r\n")
	}
	text := ""
	if b.Len() > 0 { // with a mark, by which editors on Windows know the encoding
		text = "\ufeffИз файла kassa.toml ничего не взято. Nothing of kassa.toml was taken.\r\n\r\n" + b.String()
	}
	have, err := os.ReadFile(c.fat(errorsName))
	if string(have) == text && (err == nil || text == "") {
		return nil
	}
	if err := c.writable(true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.writable(false)) }()
	return c.step("errors", func() error {
		if text == "" {
			return durable.Remove(c.fat(errorsName))
		}
		return put(c.fat(errorsName), []byte(text), os.O_TRUNC)
	})
}
