// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

// bad is something that must not be taken in, with a part of the reason that must be told.
type bad struct {
	body   func(t testing.TB) []byte
	reason string
}

// badOnes are all the ways that the issue of many municipalities names, made from what a municipality that has submitted twice could send.
func badOnes(first Submission, key, other Key) map[string]bad {
	signedBy := func(k Key, change func(*Submission)) func(testing.TB) []byte {
		return func(t testing.TB) []byte {
			x := first
			x.Made, x.Indicators = "2026-11-28T11:59:00.000Z", append([]Figure{}, first.Indicators...)
			change(&x)
			sign(t, &x, k)
			b, err := x.Encode()
			must(t, err)
			return b
		}
	}
	changed := func(change func(*Submission)) func(testing.TB) []byte { return signedBy(key, change) }
	return map[string]bad{
		"forged": {func(t testing.TB) []byte {
			return bytes.Replace(changed(func(*Submission) {})(t), []byte(`"numerator": 3`), []byte(`"numerator": 4`), 1)
		}, "signature: not made with the municipality's key"},
		"signed by another":        {signedBy(other, func(*Submission) {}), "signature: not made with the municipality's key"},
		"for another municipality": {changed(func(x *Submission) { x.Municipality = "0114" }), "signature: no key is registered"},
		"replayed": {func(t testing.TB) []byte {
			b, err := first.Encode()
			must(t, err)
			return b
		}, "replayed: it was replaced by a later one"},
		"truncated":              {func(t testing.TB) []byte { b := changed(func(*Submission) {})(t); return b[:len(b)-40] }, "not a submission in JSON: it ends too early"},
		"of a period to come":    {changed(func(x *Submission) { x.Period = "2026-Q4" }), "period: it has not ended yet"},
		"made in the future":     {changed(func(x *Submission) { x.Made = "2026-11-29T12:00:00.000Z" }), "made: later than now"},
		"negative":               {changed(func(x *Submission) { x.Indicators[0].Numerator = -1 }), "INFOKLASS.1.measured: a count is negative"},
		"over 100 %":             {changed(func(x *Submission) { x.Indicators[0].Numerator = 11 }), "INFOKLASS.1.measured: over 100 %"},
		"unknown municipality":   {changed(func(x *Submission) { x.Municipality = "9999" }), "municipality: no municipality has the code"},
		"unknown catalogue":      {changed(func(x *Submission) { x.Catalogue = "1999.1" }), "catalogue: no such version is known here"},
		"unknown indicator":      {changed(func(x *Submission) { x.Indicators[0].Indicator = "NYSS_TILLAGD" }), "whichever of the sender's and the receiver's programs is the older"},
		"another form of schema": {changed(func(x *Submission) { x.Schema = "insegel.submission/2" }), "schema: neither insegel.submission/1 nor"},
	}
}

// TestBadInputByFileAndHTTP sends all that is bad, as a file and over HTTP, on both engines: each is refused with its reason, the log says so with
// the same reason, and nothing has changed.
func TestBadInputByFileAndHTTP(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		w := site(t, s, actor)
		first, key := one(t, "0180")
		_, other := one(t, "0180")
		must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
		must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
		second := first
		second.Made = "2026-11-28T11:30:00.000Z"
		sign(t, &second, key)
		receive(t, s, actor, first)
		receive(t, s, actor, second)
		before := s.everything(t, actor)
		refused := func(name, by, told, reason string, logged int) {
			t.Helper()
			if !strings.Contains(told, reason) {
				t.Errorf("%s by %s: told %q, want %q", name, by, told, reason)
			}
			object, why := s.lastRefused(t, actor)
			if n := s.logged(t, actor, "national.Refuse"); n != logged+1 || !strings.Contains(why, reason) || object == "" {
				t.Errorf("%s by %s: %d entries more in the log, the last of %q because of %q", name, by, n-logged, object, why)
			}
			if diff := cmp.Diff(before, s.everything(t, actor)); diff != "" {
				t.Errorf("%s by %s changed something:\n%s", name, by, diff)
			}
		}
		for name, x := range badOnes(first, key, other) {
			b, logged := x.body(t), s.logged(t, actor, "national.Refuse")
			got := fromFile(t, s, actor, bytes.NewReader(b))
			refused(name, "file", onlyReason(got), x.reason, logged)
			logged++
			r := w.Request(http.MethodPost, SubmitPath, bytes.NewReader(b))
			r.Header.Set("Content-Type", "application/json")
			p := w.Do(r)
			var answer Received
			if err := json.Unmarshal([]byte(p.Body), &answer); err != nil || p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s over HTTP: %d %q", name, p.Status, p.Body)
			}
			refused(name, "HTTP", onlyReason(answer), x.reason, logged)
		}
		// A gigabyte, which nobody reads more of than a submission may be.
		logged := s.logged(t, actor, "national.Refuse")
		refused("a gigabyte", "file", onlyReason(fromFile(t, s, actor, nil)), ErrTooLarge.Error(), logged)
		huge := &endless{left: 1 << 30}
		r := w.Request(http.MethodPost, SubmitPath, huge)
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = -1
		p := w.Do(r)
		if p.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("a gigabyte over HTTP: %d", p.Status)
		}
		refused("a gigabyte", "HTTP", p.Body, ErrTooLarge.Error(), logged+1)
	})
}

// onlyReason is why the only one that came was refused.
func onlyReason(got Received) string {
	if got.Accepted != 0 || len(got.Rejected) != 1 {
		return ""
	}
	return got.Rejected[0].Reason
}

// fromFile takes in a file with what a reader gives, or one of a gigabyte where there is none.
func fromFile(t testing.TB, s *Service, actor access.Actor, from io.Reader) Received {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "0180.json"))
	must(t, err)
	if from == nil {
		err = f.Truncate(1 << 30) // it takes no room on the disk
	} else {
		_, err = io.Copy(f, from)
	}
	must(t, err)
	_, err = f.Seek(0, io.SeekStart)
	must(t, err)
	got, err := s.Receive(t.Context(), actor, []Incoming{Read("0180.json", f)})
	must(t, errors.Join(err, f.Close()))
	return got
}

// lastRefused is what the log says of the last that was refused.
func (s *Service) lastRefused(t testing.TB, actor access.Actor) (object, why string) {
	t.Helper()
	must(t, s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		list, err := audit.List(t.Context(), tx, actor.Organisation, audit.Filter{Action: "national.Refuse", Limit: 1})
		if err != nil || len(list) == 0 {
			return err
		}
		var record struct{ Data struct{ Reason string } }
		object = list[0].ObjectID
		err = json.Unmarshal([]byte(list[0].Record), &record)
		why = record.Data.Reason
		return err
	}))
	return object, why
}
