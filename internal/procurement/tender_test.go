// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"archive/zip"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/document/documenttest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/webtest"
)

// bidding is a purchase whose annex has been sent to two bidders.
type bidding struct {
	*asking
	purchase  ids.ID[procurement.Purchase]
	bids      []procurement.Bid
	procuring access.Actor
}

func newBidding(t *testing.T, d *db.DB) *bidding {
	t.Helper()
	b := &bidding{asking: newAsking(t, d)}
	b.procuring = b.actor
	b.procuring.ID, b.procuring.Roles = "procurer", []access.Role{access.Procurer}
	p, err := b.service.SavePurchase(t.Context(), b.actor, procurement.Purchase{Name: "Ny lösning", Types: []string{b.service.Requirements.Engine.Catalogue.Types[0].ID}})
	must(t, err)
	b.purchase = p.ID
	ref := procurement.PurchaseRef + p.ID.String()
	_, annex, err := b.service.Annex(t.Context(), b.actor, ref, b.sv())
	must(t, err)
	var choices []procurement.Choice // six that shall be met, and three that should
	for i, r := range annex.Included() {
		c := procurement.Choice{Requirement: r.ID, Included: i < 9, Weight: procurement.Shall, Reason: "prov"}
		if i >= 6 {
			c.Weight = procurement.Should
		}
		choices = append(choices, c)
	}
	must(t, b.service.Choose(t.Context(), b.actor, ref, b.sv(), choices))
	must(t, b.service.StartTender(t.Context(), b.procuring, p.ID, b.sv(), civil.Date{Year: 2026, Month: 12, Day: 10}))
	for _, name := range []string{"Alfa AB", "Beta AB"} {
		must(t, b.service.InviteBidder(t.Context(), b.procuring, p.ID, procurement.Invite{Name: name, To: strings.ToLower(name[:4]) + "@leverantor.example", Lang: "sv"}))
	}
	b.bids = b.view(t).Bids
	return b
}

func (b *bidding) view(t *testing.T) procurement.TenderView {
	t.Helper()
	v, err := b.service.Tender(t.Context(), b.procuring, b.purchase, b.sv())
	must(t, err)
	return v
}

// bid answers everything with one status but for some, and sends it.
func (b *bidding) bid(t *testing.T, n int, status requirement.Status, but map[string]procurement.Reply) {
	t.Helper()
	seat, holder := procurement.Seat{Kind: procurement.SheetBid, ID: b.bids[n].ID.String()}, b.holder(b.bids[n].Link)
	p, err := b.service.Posed(t.Context(), holder, seat, b.sv())
	must(t, err)
	var list []procurement.Reply
	for i := range p.Rows {
		r := procurement.Reply{Requirement: p.Rows[i].ID, Status: status, How: "så"}
		if x, ok := but[r.Requirement]; ok {
			if x.Status == "" {
				continue
			}
			r.Status, r.From = x.Status, x.From
		}
		list = append(list, r)
	}
	must(t, b.service.AnswerPosed(t.Context(), holder, b.sv(), seat, list))
	must(t, b.service.SendPosed(t.Context(), holder, b.sv(), seat))
}

// Bids are sealed until the last day has passed and somebody opens them, by weights that were frozen before; what shall be met and is not is told,
// and the winner's answers become the system's attested status.
func TestTender(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBidding(t, d)
		var shall, should []string
		for _, l := range b.view(t).Tender.Lines {
			if l.Must {
				shall = append(shall, l.ID)
			} else {
				should = append(should, l.ID)
			}
		}
		if len(shall) < 4 || len(should) < 2 {
			t.Fatalf("the annex has %d shall and %d should", len(shall), len(should))
		}
		seat := procurement.Seat{Kind: procurement.SheetBid, ID: b.bids[0].ID.String()}
		if _, err := b.service.Posed(t.Context(), b.holder(b.bids[1].Link), seat, b.sv()); !errors.Is(err, link.ErrGone) {
			t.Errorf("one bidder sees another's: %v", err)
		}
		must(t, b.service.WeighTender(t.Context(), b.procuring, b.purchase, map[string]int{should[0]: 40, should[1]: 7}))
		if err := b.service.WeighTender(t.Context(), b.procuring, b.purchase, map[string]int{shall[0]: 5}); !errors.Is(err, procurement.ErrUnknown) {
			t.Errorf("a weight of what shall be met: %v", err)
		}
		b.bid(t, 0, requirement.Met, map[string]procurement.Reply{
			shall[0]: {Status: requirement.NotMet}, shall[1]: {}, shall[2]: {Status: requirement.Met, From: civil.Date{Year: 2027, Month: 6, Day: 1}}, should[1]: {Status: requirement.Partly},
		})
		b.bid(t, 1, requirement.Met, map[string]procurement.Reply{should[0]: {Status: requirement.NotMet}})
		if v := b.view(t); v.Comparison != nil || !v.Bids[0].Finished.IsZero() {
			t.Error("the answers, or who has answered, are seen before they are opened")
		}
		if err := b.service.OpenBids(t.Context(), b.procuring, b.purchase); !errors.Is(err, procurement.ErrSealed) {
			t.Errorf("opened before the last day: %v", err)
		}
		b.now = time.Date(2026, 12, 10, 22, 59, 0, 0, time.UTC) // a minute to midnight in Sweden
		if err := b.service.OpenBids(t.Context(), b.procuring, b.purchase); !errors.Is(err, procurement.ErrSealed) {
			t.Errorf("opened on the last day: %v", err)
		}
		b.waits(t, b.procuring, "")
		b.now = b.now.Add(time.Minute)
		path := "/upphandling/" + b.purchase.String() + "/anbud"
		b.waits(t, b.procuring, "open 0 mine "+path)
		if err := b.service.OpenBids(t.Context(), b.procuring, b.purchase); !errors.Is(err, procurement.ErrNotFrozen) {
			t.Errorf("opened without frozen weights: %v", err)
		}
		must(t, b.service.FreezeTender(t.Context(), b.procuring, b.purchase))
		if err := b.service.WeighTender(t.Context(), b.procuring, b.purchase, map[string]int{should[0]: 1}); !errors.Is(err, procurement.ErrFrozen) {
			t.Errorf("weights after they were frozen: %v", err)
		}
		if err := b.service.InviteBidder(t.Context(), b.procuring, b.purchase, procurement.Invite{Name: "Sen AB", To: "x@leverantor.example", Lang: "sv"}); err == nil {
			t.Error("a bidder is invited after the last day")
		}
		must(t, b.service.OpenBids(t.Context(), b.procuring, b.purchase))
		if err := b.service.OpenBids(t.Context(), b.procuring, b.purchase); !errors.Is(err, procurement.ErrOpened) {
			t.Errorf("opened twice: %v", err)
		}
		b.waits(t, b.procuring, "award 0 mine "+path)
		c := b.view(t).Comparison
		alfa, beta := c.Scores[0], c.Scores[1]
		if alfa.Passes() || alfa.Short != 2 || alfa.Missing != 1 || alfa.Met != c.Shall-3 || !beta.Passes() || beta.Met != c.Shall {
			t.Errorf("what shall be met: %+v, %+v of %d", alfa, beta, c.Shall)
		}
		if alfa.Points != float64(c.Most)-3.5 || beta.Points != float64(c.Most-40) {
			t.Errorf("points: %v and %v of %d", alfa.Points, beta.Points, c.Most)
		}
		b.won(t)
	})
}

// won sees what becomes of the winner's answers.
func (b *bidding) won(t *testing.T) {
	t.Helper()
	if err := b.service.RemovePurchase(t.Context(), b.actor, b.purchase); !errors.Is(err, procurement.ErrTender) {
		t.Errorf("the purchase is removed with its bids: %v", err)
	}
	must(t, b.service.AwardBid(t.Context(), b.procuring, b.purchase, b.bids[1].ID, civil.Date{}))
	if err := b.service.AwardBid(t.Context(), b.procuring, b.purchase, b.bids[0].ID, civil.Date{}); !errors.Is(err, procurement.ErrWinner) {
		t.Errorf("another wins too: %v", err)
	}
	b.waits(t, b.procuring, "")
	sys, err := b.service.MakeSystem(t.Context(), b.actor, b.purchase)
	must(t, err)
	s, err := b.service.Supplied(t.Context(), b.actor, sys.Slug, b.sv())
	must(t, err)
	one, err := b.service.Evidence.List(t.Context(), b.actor, sys.Slug)
	must(t, err)
	if len(s.Answers) == 0 || len(one.Records) == 0 {
		t.Fatalf("%d answers and %d records of the system", len(s.Answers), len(one.Records))
	}
	against := 0
	for i := range one.Records {
		if one.Records[i].Source != evidence.Attested {
			t.Errorf("a bidder's answer is %s", one.Records[i].Source)
		}
		if one.Records[i].Outcome == evidence.Against {
			against++
		}
	}
	if against != 1 {
		t.Errorf("%d answers speak against, want the one that was no", against)
	}
	if v := b.view(t); v.Comparison == nil {
		t.Error("the comparison is gone")
	}
}

// Nobody but those who procure reads bids, and only those of their own organisation.
func TestBidsAreReadByFew(t *testing.T) {
	b := newBidding(t, dbtest.SQLite(t))
	for _, role := range []access.Role{access.Auditor, access.Executive, access.DataProtection, access.Operations, access.SystemManager} {
		x := b.actor
		x.Roles = []access.Role{role}
		if _, err := b.service.Tender(t.Context(), x, b.purchase, b.sv()); !errors.Is(err, access.ErrDenied) {
			t.Errorf("%s reads the tender: %v", role, err)
		}
	}
	other := dbtest.Organisation(t, b.db, "annan")
	if _, err := b.service.Tender(t.Context(), other, b.purchase, b.sv()); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another organisation: %v", err)
	}
	if err := b.service.OpenBids(t.Context(), other, b.purchase); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another organisation opens: %v", err)
	}
	b.now = time.Date(2026, 12, 10, 23, 0, 0, 0, time.UTC)
	seat := procurement.Seat{Kind: procurement.SheetBid, ID: b.bids[0].ID.String()}
	if _, err := b.service.Posed(t.Context(), b.holder(b.bids[0].Link), seat, b.sv()); !errors.Is(err, link.ErrGone) {
		t.Errorf("a bid after the last day: %v", err)
	}
}

// The pages of a tender say what stands, in every state, and its sheet has the same numbers.
func TestTenderPages(t *testing.T) {
	b := newBidding(t, dbtest.SQLite(t))
	b.reader.Roles = []access.Role{access.Procurer}
	path := "/upphandling/" + b.purchase.String() + "/anbud"
	if p := open(t, b.world, path, http.StatusOK); !p.Has("form[action='"+path+"/frys']") || p.Has("form[action='"+path+"/oppna']") || !p.Has("form[action='"+path+"/bjud-in']") {
		t.Error("before the last day: freeze and invite, and do not open")
	}
	if p := b.client.Get(path + "/jamforelse"); p.Status != http.StatusConflict {
		t.Errorf("the sheet of what is sealed: %d", p.Status)
	}
	p := open(t, b.world, path, http.StatusOK)
	field := webtest.Attr(p.All("form[action='" + path + "/vikter'] input")[0], "name")
	if bad := b.client.Post(path+"/vikter", url.Values{field: {"101"}}); bad.Status != http.StatusUnprocessableEntity || bad.Text("#"+field+"-error") == "" {
		t.Errorf("a weight that is too heavy: %d", bad.Status)
	}
	b.bid(t, 1, requirement.Partly, nil)
	must(t, b.service.FreezeTender(t.Context(), b.procuring, b.purchase))
	b.now = time.Date(2026, 12, 10, 23, 0, 0, 0, time.UTC)
	p = b.client.Submit(open(t, b.world, path, http.StatusOK), "form[action='"+path+"/oppna']", nil)
	webtest.CheckDOM(t, p.Doc)
	main := p.Text("main")
	for _, want := range []string{"Beta AB", "0 av 6 uppfylls", "6 ska-krav uppfylls inte", "15,0 av 30", "Inget svar skickat"} {
		if !strings.Contains(main, want) {
			t.Errorf("the comparison lacks %q: %s", want, main)
		}
	}
	sheet := b.client.Get(path + "/jamforelse")
	z, err := zip.NewReader(strings.NewReader(sheet.Body), int64(len(sheet.Body)))
	must(t, err)
	if sheet.Status != http.StatusOK || len(z.File) < 5 {
		t.Errorf("the sheet: %d with %d parts", sheet.Status, len(z.File))
	}
	b.cells(t, sheet.Body)
	b.reader.Roles = []access.Role{access.Auditor}
	if p := b.client.Get(path); p.Status != http.StatusForbidden {
		t.Errorf("the auditor: %d", p.Status)
	}
}

// cells sees that the workbook has the numbers of the comparison, cell by cell.
func (b *bidding) cells(t *testing.T, body string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "anbud.xlsx")
	must(t, os.WriteFile(path, []byte(body), 0o600))
	v := b.view(t)
	var sum, all [][]string
	for _, s := range documenttest.RowsXLSX(t, path) {
		for _, row := range s.Rows {
			switch {
			case len(row) > 4 && row[0] == "Beta AB":
				sum = append(sum, row)
			case len(row) > 5 && (row[0] == "Ska" || row[0] == "Bör"):
				all = append(all, row)
			}
		}
	}
	if len(sum) != 1 || sum[0][1] != "0" || sum[0][2] != "6" || sum[0][3] != "0" || sum[0][4] != "15" {
		t.Errorf("the sum: %q, want 0 met, 6 otherwise, 0 missing and 15 points", sum)
	}
	if len(all) != len(v.Comparison.Lines) {
		t.Fatalf("%d rows, and %d requirements: %q", len(all), len(v.Comparison.Lines), all)
	}
	for i := range v.Comparison.Lines {
		line, row := &v.Comparison.Lines[i], all[i]
		want := []string{"Ska", line.Text.SV, "", "Delvis", "", "så"}
		if !line.Must {
			want = []string{"Bör", line.Text.SV, "10", "Delvis", "5", "så"}
		}
		if diff := cmp.Diff(want, row[:6]); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
}

// colleague is a person of the organisation with a role, who has signed in.
func (b *bidding) colleague(t *testing.T, name string, role access.Role) access.Actor {
	t.Helper()
	org := b.actor.Organisation
	x := access.Actor{Name: name, Organisation: org, Roles: []access.Role{role}, Fresh: true}
	must(t, b.db.Write(t.Context(), org, func(tx *db.Tx) error {
		n, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{
			Organisation: org, Name: name, Folded: strings.ToLower(name), Origin: "first", Roles: x.Roles, Issuer: "https://idp.example", Subject: name,
		})
		x.ID = n.Person.String()
		if err == nil {
			_, err = tx.Exec(t.Context(), `UPDATE account_identity SET last_used_at = 1 WHERE organisation_id = $1`, org)
		}
		return err
	}))
	return x
}

// Where two may open the bids they do it together: neither can be both, and who may not is no second.
func TestBidsAreOpenedByTwo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBidding(t, d)
		first, second, auditor := b.colleague(t, "Asta", access.Procurer), b.colleague(t, "Bo", access.Coordinator), b.colleague(t, "Cia", access.Auditor)
		b.bid(t, 0, requirement.Met, nil)
		must(t, b.service.FreezeTender(t.Context(), first, b.purchase))
		b.now = time.Date(2026, 12, 10, 23, 0, 0, 0, time.UTC)
		must(t, b.service.OpenBids(t.Context(), first, b.purchase))
		if v := b.view(t); v.Comparison != nil || !v.Tender.Opened.IsZero() || v.Tender.OpeningBy != first.ID || v.People[first.ID] != "Asta" || !v.Two {
			t.Fatalf("one alone has opened the bids, or nobody knows that they wait: %+v", v.Tender)
		}
		if err := b.service.OpenBids(t.Context(), first, b.purchase); !errors.Is(err, procurement.ErrSecond) {
			t.Errorf("the first is also the second: %v", err)
		}
		if err := b.service.OpenBids(t.Context(), auditor, b.purchase); !errors.Is(err, access.ErrDenied) {
			t.Errorf("the auditor is the second: %v", err)
		}
		nobody := second
		nobody.Emergency = true
		if err := b.service.OpenBids(t.Context(), nobody, b.purchase); !errors.Is(err, procurement.ErrSecond) {
			t.Errorf("a sealed passkey is the second: %v", err)
		}
		must(t, b.service.OpenBids(t.Context(), second, b.purchase))
		if v := b.view(t); v.Comparison == nil || v.Tender.OpenedBy != second.ID || v.Tender.OpenedWith != first.ID {
			t.Errorf("two have opened the bids: %+v", v.Tender)
		}
	})
}

// A bidder is told what answers weigh when that is frozen, and that it is not decided before; the tender is found from the system that it became.
func TestBiddersSeeFrozenWeights(t *testing.T) {
	b := newBidding(t, dbtest.SQLite(t))
	seat, holder := procurement.Seat{Kind: procurement.SheetBid, ID: b.bids[0].ID.String()}, b.holder(b.bids[0].Link)
	posed := func() procurement.Posed {
		t.Helper()
		p, err := b.service.Posed(t.Context(), holder, seat, b.sv())
		must(t, err)
		return p
	}
	should := ""
	for i := range b.view(t).Tender.Lines {
		if l := &b.view(t).Tender.Lines[i]; !l.Must {
			should = l.ID
		}
	}
	must(t, b.service.WeighTender(t.Context(), b.procuring, b.purchase, map[string]int{should: 40}))
	weight := func(p procurement.Posed) (of, all int) {
		for i := range p.Rows {
			if p.Rows[i].ID == should {
				of = p.Rows[i].Weight
			}
			if p.Rows[i].Weight >= 0 {
				all++
			}
		}
		return of, all
	}
	if of, all := weight(posed()); posed().Weighed || of >= 0 || all != 0 {
		t.Errorf("before the weights are frozen a bidder sees %d, and %d weights", of, all)
	}
	must(t, b.service.FreezeTender(t.Context(), b.procuring, b.purchase))
	if of, all := weight(posed()); !posed().Weighed || of != 40 || all != 3 {
		t.Errorf("when the weights are frozen a bidder sees %d, and %d weights", of, all)
	}
	sys, err := b.service.MakeSystem(t.Context(), b.actor, b.purchase)
	must(t, err)
	b.reader.Roles = []access.Role{access.Procurer}
	p := open(t, b.world, "/system/"+sys.Slug+"/upphandling", http.StatusOK)
	if href := "/upphandling/" + b.purchase.String() + "/anbud"; !p.Has("a[href='"+href+"']") || b.client.Get(href).Status != http.StatusOK {
		t.Error("the tender is not found from the system that the purchase became")
	}
}
