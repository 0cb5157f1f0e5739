// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/source"
	"github.com/insegel/insegel/internal/ids"
)

const (
	// mostLooks is how many places of one finding are shown, and aroundBytes how much text around each.
	mostLooks   = 5
	aroundBytes = 40
)

var (
	// ErrNoLook says that a finding cannot be looked at where it lies.
	ErrNoLook = errors.New("it cannot be shown from here: look in the database itself")
	// ErrChanged says that the source is not as it was when it was searched.
	ErrChanged = errors.New("the file is gone, or is not as it was when it was searched: search again")
)

// Excerpt is a little of the source, as it stands there. It is shown once, and stored nowhere.
type Excerpt struct {
	Spot
	Before, Value, After string
}

// Looked is a finding with a little of its source.
type Looked struct {
	Held
	Excerpts []Excerpt
}

// Look reads the source again, around the first places of a finding. It is logged before anything is shown.
func (s *Service) Look(ctx context.Context, actor access.Actor, id ids.ID[Held]) (Looked, error) {
	if err := access.Check(actor, "finding.Look"); err != nil {
		return Looked{}, err
	}
	var out Looked
	var src Source
	var size int64
	var print func(member string) discovery.Fingerprint
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Held, err = heldOf(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		p, err := s.placeAt(ctx, tx, actor, "finding.Look", out.Held.Place)
		if err != nil {
			return err
		}
		if src, err = sourceOf(ctx, tx, actor.Organisation, p.SourceID); err != nil {
			return err
		}
		if src.Database() {
			return ErrNoLook
		}
		if src.Status != Approved {
			return ErrNotApproved
		}
		if size, err = sizeOf(ctx, tx, actor.Organisation, out.Object); err != nil {
			return err
		}
		secret, err := secretOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		print = discovery.MemberPrinter(keyer(secret).fingerprints())
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "finding.Look", ObjectKind: "finding", ObjectID: p.ID.String(), Data: map[string]any{"finding": id, "detector": out.Detector},
		})
	})
	if err != nil {
		return Looked{}, fmt.Errorf("look at source: %w", err)
	}
	out.Path = out.path // whoever looks sees what it is called
	if out.Excerpts, err = s.excerpts(ctx, &src, &out.Held, size, print); err != nil {
		return Looked{}, fmt.Errorf("look at source: %w", err)
	}
	return out, nil
}

// excerpts reads the file of a finding, or its name.
func (s *Service) excerpts(ctx context.Context, src *Source, h *Held, size int64, print func(string) discovery.Fingerprint) ([]Excerpt, error) {
	root, err := os.OpenRoot(s.Limits.Roots[src.Root])
	if err != nil {
		return nil, ErrRoot
	}
	defer root.Close()
	v := &excerpter{held: h, names: discovery.NewNames(s.Rules), print: print}
	if h.Named && h.Member == "" {
		if _, err := root.Lstat(h.path); err != nil {
			return nil, ErrChanged
		}
		v.name(base(h.path))
		return v.out, nil
	}
	f, err := openPlain(root, h.path)
	if err != nil {
		return nil, ErrChanged
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return nil, ErrChanged
	}
	if err := source.ReadAny(ctx, source.File{Path: h.path, Size: size, ReaderAt: f}, v); err != nil && !errors.Is(err, errSeen) {
		return nil, err
	}
	return v.out, nil
}

// errSeen ends the reading when everything has been seen.
var errSeen = errors.New("everything has been seen")

// excerpter takes a little of the text around each place of a finding.
type excerpter struct {
	held  *Held
	names *discovery.Names
	print func(member string) discovery.Fingerprint
	next  int
	out   []Excerpt
}

// isMember reports whether a member is the one that is held: by its keyed hash, or by its name where an earlier version held that.
func (x *excerpter) isMember(member string) bool {
	if x.held.MemberPrint == "" || member == "" {
		return member == x.held.Member
	}
	return x.print(member).String() == x.held.MemberPrint
}

// Name looks in the names of members.
func (x *excerpter) Name(within, name string, _ bool) error {
	if !x.held.Named {
		return nil
	}
	discovery.EachName(within, name, func(member, name string) {
		if x.next < len(x.held.Spots) && x.isMember(member) {
			x.name(name)
		}
	})
	if x.next >= min(len(x.held.Spots), mostLooks) {
		return errSeen
	}
	return nil
}

// name takes the places in a name.
func (x *excerpter) name(name string) {
	for _, spot := range x.held.Spots[x.next:] {
		if x.next++; spot.Offset < int64(len(name)) && len(x.out) < mostLooks {
			x.take(spot, []byte(name), int(spot.Offset))
		}
	}
}

// take takes a little of a text around a place in it.
func (x *excerpter) take(spot Spot, text []byte, i int) {
	n := min(utf8.RuneCountInString(spot.Mask), len(text)-i)
	end := i + n
	for r := utf8.RuneCount(text[i:end]); r < n && end < len(text); end++ {
		r = utf8.RuneCount(text[i:end])
	}
	x.out = append(x.out, Excerpt{
		Spot: spot, Before: tidy(text[max(0, i-aroundBytes):i]), Value: tidy(text[i:end]), After: tidy(text[end:min(len(text), end+aroundBytes)]),
	})
}

// Text looks for the next places in a text.
func (x *excerpter) Text(t source.Text) error {
	if x.held.Named || !x.isMember(t.Place.Member) || x.next >= len(x.held.Spots) {
		return nil
	}
	at := func(i int) int64 {
		if t.At != nil {
			return t.At(i)
		}
		return t.Offset + int64(i)
	}
	for ; x.next < len(x.held.Spots); x.next++ {
		spot := x.held.Spots[x.next]
		i := sort.Search(len(t.Bytes), func(i int) bool { return at(i) >= spot.Offset })
		if i == len(t.Bytes) || i == 0 && at(0) > spot.Offset {
			return nil
		}
		x.take(spot, t.Bytes, i)
		if len(x.out) == mostLooks {
			return errSeen
		}
	}
	return nil
}

// tidy makes bytes fit to show.
func tidy(b []byte) string {
	out := make([]rune, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 { // a byte of ISO-8859-1, or a part of a letter
			r = rune(b[0])
		}
		if r < ' ' {
			r = ' '
		}
		out = append(out, r)
		b = b[n:]
	}
	return string(out)
}

// isNamed reports whether a column or a table is the one that is held under a name. A name that said who somebody is, is held masked, as it would
// be told now.
func (x *excerpter) isNamed(name, held string) bool {
	return name == held || strings.Contains(held, "•") && x.names.Told(name) == held
}

// Value looks in a cell as in a text.
func (x *excerpter) Value(v source.Value) error {
	if !x.isNamed(v.Column.Field, x.held.Field) || !x.isNamed(v.Column.Table, x.held.Table) {
		return nil
	}
	v.Text.Place.Member = v.Column.Member
	return x.Text(v.Text)
}

// Skipped is told elsewhere.
func (x *excerpter) Skipped(source.Skip) error { return nil }

// Read is counted elsewhere.
func (x *excerpter) Read(int64) {}
