// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
)

type keyCommand struct {
	Create     keyCreate     `cmd:"" help:"Make a root key in a new file that only its owner can read."`
	Status     keyStatus     `cmd:"" help:"Tell which key an organisation's texts are encrypted with, and how many an older one still encrypts."`
	Rotate     keyRotate     `cmd:"" help:"Give an organisation a new key, encrypt its texts anew, and drop the old key."`
	RotateRoot keyRotateRoot `cmd:"" help:"Give the installation a new root key, and encrypt with it everything that the old one protects. Stop every server first."`
	Destroy    keyDestroy    `cmd:"" help:"Destroy an organisation's key: what it encrypted can never be read again, not from a backup either."`
}

type keyCreate struct {
	File    string `arg:"" help:"The file to make. It must not be there."`
	Token   string `help:"The label of a token (PKCS#11) that wraps the key, so that the file alone opens nothing. The program must be built with the tag pkcs11." placeholder:"LABEL"`
	Module  string `help:"The library of the token's maker." type:"path" placeholder:"PATH"`
	Key     string `help:"The label of the AES key on the token. It is made when it is not there." default:"insegel" placeholder:"LABEL"`
	PINFile string `name:"pin-file" help:"A file with the token's PIN, which only its owner can read." type:"path" placeholder:"PATH"`
}

// Run makes the key file.
func (c *keyCreate) Run(s *streams) error {
	if c.Token != "" {
		if c.Module == "" || c.PINFile == "" {
			return usage("give --module and --pin-file with --token")
		}
		if _, err := key.CreateToken(c.File, key.Token{Module: c.Module, Label: c.Token, Key: c.Key, PINFile: c.PINFile}); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "A new root key was made, and %s opens with the token alone. Keep a copy of the file, and see that the token has a twin: without either, what it protects is lost.\n", c.File)
		return nil
	}
	if _, err := key.Create(c.File); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "A new root key was made in %s. Keep a copy of it apart from the database: without it, what it protects is lost.\n", c.File)
	return nil
}

type keyStatus struct {
	database
	tenant
	JSON bool `name:"json" help:"Write it as JSON."`
}

// Run tells.
func (c *keyStatus) Run(s *streams) error {
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	state, err := a.KeyState(s.ctx, actor)
	if err != nil {
		return closeAfter(a, err)
	}
	old := append([]string{}, state.Old...) // never null
	switch {
	case c.JSON:
		err = json.NewEncoder(s.out).Encode(map[string]any{"key": state.Primary, "old": old, "remaining": state.Remaining, "destroyed": state.Destroyed})
	case state.Destroyed:
		fmt.Fprintln(s.out, "The key is destroyed. What it encrypted can never be read again.")
	case state.Primary == "":
		fmt.Fprintln(s.out, "There is no key: nothing has been encrypted yet.")
	default:
		fmt.Fprintf(s.out, "Key %s is used.\n", state.Primary)
		for _, k := range old {
			fmt.Fprintf(s.out, "Key %s is kept until nothing is encrypted with it.\n", k)
		}
		fmt.Fprintf(s.out, "%d texts are still encrypted with an older key.\n", state.Remaining)
	}
	return closeAfter(a, err)
}

type keyRotate struct {
	database
	tenant
}

// Run changes the key. A command that is stopped half-way has put a job in the queue, which the server finishes.
func (c *keyRotate) Run(s *streams) error {
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	if err := a.RotateKey(s.ctx, actor); err != nil {
		return closeAfter(a, err)
	}
	n, err := a.ResealKey(s.ctx, actor)
	if err != nil {
		return closeAfter(a, fmt.Errorf("there is a new key, and the server goes on with encrypting: %w", err))
	}
	state, err := a.KeyState(s.ctx, actor)
	if err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "Key %s is used now. %d texts were encrypted anew, %d remain, and %d old keys are kept. Make a backup: the file of keys has changed.\n",
		state.Primary, n, state.Remaining, len(state.Old))
	return a.Close()
}

type keyRotateRoot struct {
	database
	To      string `help:"Make the new root key in this file, for a key that systemd or a secret store gives the program. It takes the place of the old file when left out." type:"path" placeholder:"PATH"`
	Stopped bool   `help:"Every server on this PostgreSQL database is stopped."`
}

// Run changes the root key. A command that is stopped half-way is finished by the next start, or by the same command.
func (c *keyRotateRoot) Run(s *streams) error {
	if strings.HasPrefix(c.DB, "postgres") && !c.Stopped {
		return usage("stop every server that uses the database, and say so with --stopped: a server that runs would go on with the old key")
	}
	a, err := c.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	made, err := a.RotateRoot(s.ctx, access.LocalAdministrator(db.Installation), c.To)
	if err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "The root key in %s is used now. %d secrets were encrypted anew. Make a backup, and keep a copy of the key apart from the database.\n"+
		"The old files are kept in %s and %s: they are needed to restore backups from before. Put them with those backups, and take them from this machine.\n",
		made.KeyFile, made.Secrets, made.OldKey, made.OldKeys)
	return closeAfter(a, nil)
}

type keyDestroy struct {
	database
	tenant
}

// errNotTyped says that the code was not typed again.
var errNotTyped = errors.New("the code that was typed is not the organisation's, and nothing was destroyed")

// Run asks, and destroys the key.
func (c *keyDestroy) Run(s *streams) error {
	if c.Org == "" {
		return usage("say whose key to destroy: --org CODE")
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "This makes every encrypted text of %s unreadable for good, in the database and in every backup whose file of keys is gone. "+
		"It cannot be undone.\nWrite the code of the organisation again to go on: ", c.Org)
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return closeAfter(a, fmt.Errorf("read what was typed: %w", err))
	}
	if strings.TrimSpace(line) != c.Org {
		return closeAfter(a, errNotTyped)
	}
	if err := a.DestroyKey(s.ctx, actor); err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintln(s.err, "\nThe key is destroyed. Remove the copies of the file of keys that were made before (FILE.keys.age): whoever has one, the root key and an age identity can still read an old backup.")
	return a.Close()
}
