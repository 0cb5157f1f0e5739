// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
)

type backupCommand struct {
	database
	Output    string   `short:"o" help:"The file to write. It must not be there. The organisations' keys go to the same name with .keys.age after it." required:"" placeholder:"FILE"`
	Recipient []string `help:"Who can open it: a public key of age, or a file with one. Give at least two, and keep the secret half of one elsewhere." required:"" sep:"none" placeholder:"AGE"`
	KeepKeys  int      `name:"keep-keys" help:"For how many days older files of keys beside it are kept; 0 keeps them all." default:"35" placeholder:"DAYS"`
}

// Run makes the backup.
func (c *backupCommand) Run(s *streams) error {
	texts, err := readRecipients(c.Recipient)
	if err != nil {
		return err
	}
	to, err := backup.ParseRecipients(texts)
	if err != nil {
		return usageError{err}
	}
	a, err := c.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	w, err := a.Backups.Make(s.ctx, access.LocalAdministrator(db.Installation), backup.Target{
		File: c.Output, Recipients: to, KeepKeys: time.Duration(c.KeepKeys) * 24 * time.Hour,
	})
	if err != nil {
		return closeAfter(a, err)
	}
	for _, f := range w.Removed {
		fmt.Fprintf(s.err, "Removed %s: it was older than %d days.\n", f, c.KeepKeys)
	}
	fmt.Fprintf(s.err, "Wrote %s (%d rows, %d bytes) and %s%s. The root key is in neither: keep its copy apart from both.\n",
		c.Output, w.Manifest.Rows(), w.Bytes, c.Output, backup.KeysSuffix)
	return a.Close()
}

// readRecipients takes public keys as they are, and reads those that stand in files.
func readRecipients(given []string) ([]string, error) {
	var out []string
	for _, r := range given {
		if strings.HasPrefix(r, "age1") {
			out = append(out, r)
			continue
		}
		b, err := os.ReadFile(r)
		if err != nil {
			return nil, fmt.Errorf("read recipient: write a public key of age, such as age1..., or the name of a file with one: %w", err)
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
	}
	return out, nil
}

type restoreCommand struct {
	File       string   `arg:"" help:"The backup."`
	Identity   []string `help:"A file with a secret key of age that opens it." required:"" sep:"none" placeholder:"FILE"`
	DB         string   `name:"db" help:"Where to put it back: sqlite:PATH, where nothing is yet, or postgres://USER@HOST/NAME, a new database, as the owner of its tables." required:"" placeholder:"DSN"`
	KeyFile    string   `name:"key-file" help:"The file with the root key that the backup was made with. Beside a SQLite database when left out." env:"INSEGEL_KEY_FILE" placeholder:"PATH"`
	Keys       string   `name:"keys" help:"Where the organisations' keys are to lie. Beside a SQLite database when left out." env:"INSEGEL_KEYS" placeholder:"PATH"`
	KeysBackup string   `name:"keys-backup" help:"The file with the organisations' keys that was made with the backup; - to use those at --keys as they are. FILE.keys.age when left out." placeholder:"FILE"`
	ForceEmpty bool     `name:"force-empty" help:"Allow a database that is there and holds no organisation. It is moved aside, not removed."`
	LogDrop    string   `name:"log-drop" help:"The directory that signed checkpoints of the log were put in. Beside a SQLite database when left out." env:"INSEGEL_LOG_DROP" placeholder:"DIR"`
	Why        string   `help:"Why it is put back. It stands in the log." placeholder:"TEXT"`
	CheckOnly  bool     `name:"check" help:"Verify the whole backup and put nothing back."`
}

// Run puts the backup back.
func (c *restoreCommand) Run(s *streams) error {
	path, file := strings.CutPrefix(c.DB, "sqlite:")
	if c.KeyFile == "" && file {
		c.KeyFile = path + ".key"
	}
	root, err := key.Load(c.KeyFile)
	if err != nil {
		return fmt.Errorf("open the root key that the backup was made with (--key-file): %w", err)
	}
	identities, err := readIdentities(c.Identity)
	if err != nil {
		return err
	}
	if c.CheckOnly {
		m, err := backup.Check(c.File, identities, root)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "The backup is whole: %d rows in %d tables, made %s by version %s. Nothing was put back.\n",
			m.Rows(), len(m.Tables), db.FromMillis(m.At).Format(time.RFC3339), m.Version)
		return nil
	}
	keys, err := c.keysBackup()
	if err != nil {
		return err
	}
	if c.LogDrop == "" && file {
		c.LogDrop = path + ".checkpoints"
	}
	log := app.Putting{Root: root, Drop: c.LogDrop, Why: c.Why}
	out, err := backup.Restore(s.ctx, backup.Restoring{
		File: c.File, Identities: identities, Root: root, Database: c.DB, OverEmpty: c.ForceEmpty, KeysBackup: keys, Keys: c.Keys,
		Declare: func(ctx context.Context, d *db.DB, m *backup.Manifest) error {
			if log.Why == "" {
				log.Why = "backup of " + db.FromMillis(m.At).Format(time.RFC3339)
			}
			return log.DeclareRestored(ctx, d)
		},
	})
	if err != nil {
		return err
	}
	m := out.Manifest
	fmt.Fprintf(s.err, "Put back %d rows in %d tables, as they were %s, in %s. Pages, references, counts and every entry of the logs were verified, and each log has begun a new epoch.\n",
		m.Rows(), len(m.Tables), db.FromMillis(m.At).Format(time.RFC3339), out.Took.Round(time.Millisecond))
	if err := log.SignRestored(s.ctx, c.DB); err != nil {
		return fmt.Errorf("the database was put back, but the first checkpoints of its new epoch could not be made; the server makes them when it starts: %w", err)
	}
	c.tellOfDrop(s)
	fmt.Fprintln(s.err, "Everybody must sign in again. What was revoked after the backup was made (API tokens, passkeys, roles) is as it was then: go through it.")
	return nil
}

// tellOfDrop says what the log was compared with.
func (c *restoreCommand) tellOfDrop(s *streams) {
	if c.LogDrop == "" {
		fmt.Fprintln(s.err, "No directory of checkpoints was given (--log-drop), so the logs do not name what was lost after the backup. Does the server use one, restore with it: it refuses to start otherwise.")
		return
	}
	fmt.Fprintf(s.err, "The new epochs name the last checkpoints in %s that they replace, and their own first ones lie there now.\n", c.LogDrop)
}

// keysBackup finds the file of keys that belongs to the backup.
func (c *restoreCommand) keysBackup() (string, error) {
	switch c.KeysBackup {
	case "-":
		return "", nil
	case "":
		name := c.File + backup.KeysSuffix
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("find the organisations' keys: %w: say where they are with --keys-backup, or - to use those at --keys", err)
		}
		return name, nil
	default:
		return c.KeysBackup, nil
	}
}

func readIdentities(files []string) ([]age.Identity, error) {
	var out []age.Identity
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read identity: %w", err)
		}
		ids, err := backup.ParseIdentities(string(b))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s", f), err)
		}
		out = append(out, ids...)
	}
	return out, nil
}
