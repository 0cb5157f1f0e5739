// SPDX-License-Identifier: EUPL-1.2

package audit_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// collector takes entries, and fails when it is told to.
type collector struct {
	got  [][]byte
	fail error
	// after is how many lines are taken before it fails.
	after int
}

func (c *collector) Name() string                                { return "collector" }
func (c *collector) Receive(context.Context, audit.Export) error { return nil }

func (c *collector) ReceiveEntries(_ context.Context, s *audit.Segment) error {
	lines := s.Lines
	if c.fail != nil {
		lines = lines[:min(c.after, len(lines))]
	}
	c.got = append(c.got, lines...)
	return c.fail
}

func (c *collector) verdicts(t *testing.T, check audit.Check) []audit.Verdict {
	t.Helper()
	v, err := audit.VerifySegments(bytes.NewReader(bytes.Join(c.got, nil)), check)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// of is the verdict about one organisation's log.
func of(t *testing.T, list []audit.Verdict, org access.OrganisationID) audit.Verdict {
	t.Helper()
	i := slices.IndexFunc(list, func(v audit.Verdict) bool { return v.Organisation == org.String() })
	if i < 0 {
		t.Fatalf("no log of %s among %d", org, len(list))
	}
	return list[i]
}

// With each checkpoint the new entries leave the machine, once and in order; what a receiver that was away did not take comes when it is
// back, without gaps. Whoever has them can verify them alone.
func TestEntriesLeaveTheMachine(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor, other := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		c := &collector{}
		k := keeper(d)
		k.Entries = []audit.EntryReceiver{c}
		round := func(n int) {
			for range n {
				appended(t, d, actor, entry("a"))
				appended(t, d, other, entry("b"))
			}
			k.Round(t.Context())
		}
		round(3)
		first := len(c.got)
		k.Round(t.Context())
		if len(c.got) != first {
			t.Errorf("%d lines were sent again", len(c.got)-first)
		}
		c.fail, c.after = errors.New("away"), 2 // its connection is cut in the middle of a segment
		round(4)
		c.fail = nil
		round(2)
		list := c.verdicts(t, byKey())
		for _, org := range []access.OrganisationID{actor.Organisation, other.Organisation} {
			want := verified(t, d, org, byKey())
			if v := of(t, list, org); !v.Whole() || v.Size != want.Size || v.Root != want.Root || v.Signed != want.Size || v.Checked != want.Size {
				t.Errorf("got %+v, want %+v", v, want)
			}
		}
		delivered(t, d, actor.Organisation, "collector", verified(t, d, actor.Organisation, byKey()).Size)
	})
}

// delivered asks for how far a receiver has come with the entries.
func delivered(t *testing.T, d *db.DB, org access.OrganisationID, receiver string, want int64) {
	t.Helper()
	var list []audit.Delivered
	err := d.Read(t.Context(), org, func(tx *db.Tx) (err error) {
		list, err = audit.Deliveries(t.Context(), tx, org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if name, ok := x.OfEntries(); ok && name == receiver {
			if x.Size != want || x.Behind(want+3) != 3 {
				t.Errorf("has %d entries, want %d", x.Size, want)
			}
			return
		}
	}
	t.Errorf("nothing is noted of %s in %+v", receiver, list)
}

// What was changed, cut out or put in among entries that have left is found, and so is what comes after a gap.
func TestSegmentsThatWereChanged(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	c := &collector{}
	k := keeper(d)
	k.Entries = []audit.EntryReceiver{c}
	begins := []int{}
	for range 3 {
		begins = append(begins, len(c.got))
		appended(t, d, actor, entry("a"), entry("b"), entry("c"))
		k.Round(t.Context())
	}
	whole := c.got
	line := func(i int) string { return string(whole[begins[1]+i]) }
	for name, tc := range map[string]struct {
		lines [][]byte
		want  string // empty is whole
	}{
		"all":                          {whole, ""},
		"the second twice":             {slices.Concat(whole[:begins[2]], whole[begins[1]:]), ""},
		"from the second on":           {whole[begins[1]:], ""},
		"without the second":           {slices.Concat(whole[:begins[1]], whole[begins[2]:]), audit.FaultMissing},
		"without an entry":             {slices.Concat(whole[:begins[1]+2], whole[begins[1]+3:]), audit.FaultMissing},
		"without the last":             {whole[:begins[2]], ""},
		"the last is cut":              {whole[:len(whole)-2], audit.FaultMissing},
		"another action":               {replaced(whole, begins[1]+1, strings.Replace(line(1), `\"action\":\"`, `\"action\":\"x`, 1)), audit.FaultRewritten},
		"another reason":               {replaced(whole, begins[1]+1, strings.Replace(line(1), `"value":"`, `"value":"x`, 1)), audit.FaultPrivate},
		"another edge":                 {replaced(whole[begins[1]:], 0, strings.Replace(line(0), `"edge":["`, `"edge":["AAAA`, 1)), ""},
		"another entry, sent again":    {slices.Concat(whole, whole[begins[1]:begins[1]+1], [][]byte{[]byte(strings.Replace(line(1), `\"action\":\"`, `\"action\":\"x`, 1))}), audit.FaultRewritten},
		"another edge of right length": {replaced(whole[begins[1]:], 0, otherEdge(line(0))), audit.FaultRewritten},
	} {
		v, err := audit.VerifySegments(bytes.NewReader(bytes.Join(tc.lines, nil)), byKey())
		if name == "another edge" { // it is no hash any more
			if !errors.Is(err, audit.ErrExport) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(v) != 1 {
			t.Errorf("%s: %v, %d logs", name, err, len(v))
			continue
		}
		if found := slices.ContainsFunc(v[0].Faults, func(f audit.Fault) bool { return f.Kind == tc.want }); tc.want == "" && !v[0].Whole() || tc.want != "" && !found {
			t.Errorf("%s: got %+v, want %q", name, v[0].Faults, tc.want)
		}
	}
}

func replaced(lines [][]byte, i int, line string) [][]byte {
	out := slices.Clone(lines)
	out[i] = []byte(line)
	return out
}

// otherEdge changes the first character of the first hash of the edge.
func otherEdge(head string) string {
	before, after, _ := strings.Cut(head, `"edge":["`)
	c := "A"
	if after[0] == 'A' {
		c = "B"
	}
	return before + `"edge":["` + c + after[1:]
}

// A drop directory takes the entries too, each file once; the restored backup's new epoch goes on from what it knew to have been sent, and
// the directory as a whole still verifies, as far as the loss has been declared.
func TestDropTakesEntries(t *testing.T) {
	dbtest.RunOwner(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		drop := audit.Drop{Dir: t.TempDir()}
		k := keeper(d)
		k.Receivers, k.Entries = []audit.Receiver{drop}, []audit.EntryReceiver{drop}
		round := func(n int) {
			for range n {
				appended(t, d, actor, entry("a"))
			}
			k.Round(t.Context())
		}
		round(5)
		round(5)
		if _, err := drop.Latest(testKey.Public()); err != nil {
			t.Errorf("the checkpoints are not found beside the entries: %v", err)
		}
		inDrop(t, drop, 10, 1)
		tamper(t, d, `DELETE FROM audit_private WHERE seq >= 5`, `DELETE FROM audit_hash WHERE seq >= 5`, `DELETE FROM audit_entry WHERE seq >= 5`,
			`DELETE FROM audit_checkpoint WHERE size > 5`, `UPDATE audit_delivery SET size = 5`, `UPDATE audit_head SET size = 5`)
		if err := audit.Restored(t.Context(), d, drop, testKey.Public(), "disken gick sönder"); err != nil {
			t.Fatal(err)
		}
		round(0)
		round(3)
		inDrop(t, drop, 9, 2)
	})
}

// inDrop verifies what lies in the directory.
func inDrop(t *testing.T, drop audit.Drop, size, epoch int64) {
	t.Helper()
	names, err := audit.SegmentFiles(drop.Dir)
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files: %v", len(names), err)
	}
	r := audit.ReadFiles(names)
	list, err := audit.VerifySegments(r, byKey())
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		if !v.Whole() || v.Name != "" && v.Organisation != "*" && (v.Size != size || v.Epoch != epoch || v.Signed != size) {
			t.Errorf("got %+v, want %d entries of epoch %d", v, size, epoch)
		}
	}
	for _, n := range names {
		if info, err := os.Stat(n); err != nil || info.Mode().Perm() != 0o440 {
			t.Errorf("%s: %v, %v", n, info.Mode(), err)
		}
	}
}

// What a segment holds is sent in clear by nothing.
func TestEntriesAreNotSentInClear(t *testing.T) {
	for address, want := range map[string]bool{"udp://192.0.2.1:514": false, "tcp://192.0.2.1:601": false, "tls://192.0.2.1:6514": true, "unix:///run/log": true} {
		s, err := audit.ParseSyslog(address)
		if err != nil {
			t.Fatal(err)
		}
		s.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrClosedPipe }
		if got := s.Encrypted(); got != want {
			t.Errorf("%s: encrypted %v, want %v", address, got, want)
		}
		if err := s.ReceiveEntries(t.Context(), &audit.Segment{}); errors.Is(err, audit.ErrClear) == want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
