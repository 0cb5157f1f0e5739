// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
)

const columns = `s.id, s.slug, s.name, s.kind, s.service, s.audience, COALESCE(s.unit_id, ''), COALESCE(u.name, ''),
	COALESCE(s.supplier_id, ''), COALESCE(p.name, ''), s.owner_role, s.manager_role, s.hosting, s.hosting_note, s.country,
	s.state, s.criticality, s.users, s.users_approximate = 1, s.data_subjects, s.contract_end, s.contract_note,
	s.processor_agreement, s.processor_agreement_on, s.sub_processors, s.role_model, s.role_model_on, s.access_review_on,
	s.access_log, s.log_review_months, s.log_review_on, s.login_note, s.information_note, s.comment, s.classified_last_year,
	s.version, s.created_at, s.updated_at`

// from joins by the organisation too, so that an id of another's unit or supplier, however it came there, shows no name of theirs.
const from = ` FROM system s LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
	LEFT JOIN supplier p ON p.id = s.supplier_id AND p.organisation_id = s.organisation_id`

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{{
	Table: "system", Columns: []string{"hosting_note", "contract_note", "login_note", "information_note", "comment"}, Key: []string{"id"}, Then: unsearch,
}}

// notes are a system's sealed texts, in the order of Sealed.
func (s *System) notes() []*string {
	return []*string{&s.HostingNote, &s.ContractNote, &s.LoginNote, &s.InformationNote, &s.Comment}
}

// scanSystem reads a system in the transaction, which opens its notes.
func scanSystem(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (System, error) {
	return func(scan func(...any) error) (System, error) {
		s, err := scanRow(scan)
		if err != nil {
			return s, err
		}
		for i, note := range s.notes() {
			if *note, err = tx.Open(ctx, Sealed[0].Cell(Sealed[0].Columns[i], s.ID.String()), *note); err != nil {
				return s, err
			}
		}
		return s, nil
	}
}

// sealed gives a copy of a system with its notes sealed, as it is stored.
func (s *System) sealed(ctx context.Context, tx *db.Tx) (System, error) {
	out := *s
	for i, note := range out.notes() {
		var err error
		if *note, err = tx.Seal(ctx, Sealed[0].Cell(Sealed[0].Columns[i], s.ID.String()), *note); err != nil {
			return out, err
		}
	}
	return out, nil
}

// unsearch takes what is sealed out of what is searched. It stood there in plain text once.
func unsearch(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE system SET search = folded
			|| COALESCE((SELECT ' ' || u.folded FROM unit u WHERE u.id = system.unit_id), '')
			|| COALESCE((SELECT ' ' || p.folded FROM supplier p WHERE p.id = system.supplier_id), '')
		WHERE organisation_id = $1`, tx.Scope)
	return err
}

func scanRow(scan func(...any) error) (System, error) {
	var s System
	var created, updated int64
	err := scan(&s.ID, &s.Slug, &s.Name, &s.Kind, &s.Service, &s.Audience, &s.UnitID, &s.Unit,
		&s.SupplierID, &s.Supplier, &s.OwnerRole, &s.ManagerRole, &s.Hosting, &s.HostingNote, &s.Country,
		&s.State, &s.Criticality, &s.Users, &s.UsersApproximate, &s.DataSubjects, &s.ContractEnd, &s.ContractNote,
		&s.ProcessorAgreement, &s.ProcessorAgreementOn, &s.SubProcessors, &s.RoleModel, &s.RoleModelOn, &s.AccessReviewOn,
		&s.AccessLog, &s.LogReviewMonths, &s.LogReviewOn, &s.LoginNote, &s.InformationNote, &s.Comment, &s.ClassifiedLastYear,
		&s.Version, &created, &updated)
	s.CreatedAt, s.UpdatedAt = db.FromMillis(created), db.FromMillis(updated)
	return s, err
}

// Filter narrows a list. Without a reach nothing is in it: who lists must say whose list it is.
type Filter struct {
	// Reach is where the actor may see systems; access.Everywhere() for the program's own sums.
	Reach access.Reach
	Text  string // part of the name, the unit or the supplier
	Unit  string // id of a unit
	State string
	// IDs are the only systems wanted; nil is all.
	IDs []ids.ID[System]
	// Limit and Offset page the list; a Limit of 0 is all.
	Limit, Offset int
}

func (f Filter) where(org access.OrganisationID) (string, []any) {
	where, args := []string{"s.organisation_id = $1"}, []any{org}
	add := func(clause string, v any) {
		args = append(args, v)
		where = append(where, strings.ReplaceAll(clause, "?", "$"+strconv.Itoa(len(args))))
	}
	if !f.Reach.All {
		clause, with := InReach(f.Reach, "s.unit_id", args)
		where, args = append(where, clause), with
	}
	for _, word := range strings.Fields(locale.Fold(f.Text)) {
		add(`s.search LIKE ? ESCAPE '\'`, "%"+escapeLike(word)+"%")
	}
	if f.Unit != "" {
		add(`s.unit_id = ?`, f.Unit)
	}
	if f.State != "" {
		add(`s.state = ?`, f.State)
	}
	if f.IDs != nil {
		marks := []string{"''"} // never an empty list
		for _, id := range f.IDs {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		where = append(where, `s.id IN (`+strings.Join(marks, ", ")+`)`)
	}
	return ` WHERE ` + strings.Join(where, " AND "), args
}

// InReach gives the condition that a column of units is within reach, and the arguments with those that it needs added.
func InReach(r access.Reach, column string, args []any) (string, []any) {
	if r.All {
		return "1 = 1", args
	}
	marks := []string{"''"} // never an empty list, and no unit's id
	for _, u := range r.Units() {
		args = append(args, u)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	return column + ` IN (` + strings.Join(marks, ", ") + `)`, args
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Count tells how many systems a filter leaves.
func Count(ctx context.Context, tx *db.Tx, org access.OrganisationID, f Filter) (int, error) {
	where, args := f.where(org)
	var n int
	if err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM system s`+where, args...), &n); err != nil {
		return 0, fmt.Errorf("count systems: %w", err)
	}
	return n, nil
}

// List reads systems in Swedish order, each with its facts, logins and information, in a constant number of queries.
func List(ctx context.Context, tx *db.Tx, org access.OrganisationID, f Filter) ([]System, error) {
	where, args := f.where(org)
	query := `SELECT ` + columns + from + where + ` ORDER BY s.sort_key, s.id`
	if f.Limit > 0 {
		query += fmt.Sprintf(` LIMIT %d OFFSET %d`, f.Limit, max(0, f.Offset))
	}
	out, err := db.All(ctx, tx, scanSystem(ctx, tx), query, args...)
	if err != nil {
		return nil, fmt.Errorf("read systems: %w", err)
	}
	return out, fill(ctx, tx, org, out)
}

// Within reads one system that the actor may do the action to. One that is outside the actor's reach gives the same answer as one that
// does not exist, so that nobody can ask which there are; in the chain of the error access.ErrDenied tells the log what it was.
func Within(ctx context.Context, tx *db.Tx, actor access.Actor, action, ref string) (System, error) {
	s, err := Get(ctx, tx, actor.Organisation, ref)
	if err != nil {
		return System{}, err
	}
	if err := access.CheckAt(actor, action, s.UnitID); err != nil {
		return System{}, access.Beyond(fmt.Errorf("read system %q: %w", ref, db.ErrNotFound), err)
	}
	return s, nil
}

// Get reads one system by its slug or its id, with everything it has.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, ref string) (System, error) {
	s, err := scanSystem(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+from+` WHERE s.organisation_id = $1 AND (s.slug = $2 OR s.id = $2)`, org, ref), dest...)
	})
	if err != nil {
		return System{}, fmt.Errorf("read system %q: %w", ref, err)
	}
	one := []System{s}
	if err := fill(ctx, tx, org, one); err != nil {
		return System{}, err
	}
	return one[0], nil
}

// fewIDs is how many ids are worth naming in a query; above it the organisation's whole table is read.
const fewIDs = 500

// among gives the clause and arguments that narrow a table with a system_id to some systems of an organisation.
func among(org access.OrganisationID, systems []System) (string, []any) {
	args := []any{org}
	if len(systems) > fewIDs {
		return `organisation_id = $1`, args
	}
	marks := make([]string, len(systems))
	for i := range systems {
		args = append(args, systems[i].ID)
		marks[i] = "$" + strconv.Itoa(i+2)
	}
	return `organisation_id = $1 AND system_id IN (` + strings.Join(marks, ", ") + `)`, args
}

// fill reads what hangs on the systems: facts, ways in, information.
func fill(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []System) error {
	if len(systems) == 0 {
		return nil
	}
	at := make(map[ids.ID[System]]*System, len(systems))
	for i := range systems {
		at[systems[i].ID] = &systems[i]
	}
	where, args := among(org, systems)
	if err := fillFacts(ctx, tx, at, where, args); err != nil {
		return fmt.Errorf("read facts of systems: %w", err)
	}
	if err := fillLogins(ctx, tx, at, where, args); err != nil {
		return fmt.Errorf("read logins of systems: %w", err)
	}
	if err := fillInformation(ctx, tx, org, at, where, args); err != nil {
		return fmt.Errorf("read information of systems: %w", err)
	}
	return nil
}

func fillFacts(ctx context.Context, tx *db.Tx, at map[ids.ID[System]]*System, where string, args []any) error {
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[System]
		var f catalogue.Statement
		err := scan(&id, &f.Fact, &f.Value)
		if s := at[id]; s != nil {
			s.Facts = append(s.Facts, f)
		}
		return struct{}{}, err
	}, `SELECT system_id, fact, value FROM system_fact WHERE `+where+` ORDER BY system_id, fact, value`, args...)
	return err
}

func fillLogins(ctx context.Context, tx *db.Tx, at map[ids.ID[System]]*System, where string, args []any) error {
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[System]
		var l LoginPath
		err := scan(&id, &l.ID, &l.Audience, &l.Address, &l.Zone, &l.Method)
		if s := at[id]; s != nil {
			s.Logins = append(s.Logins, l)
		}
		return struct{}{}, err
	}, `SELECT system_id, id, audience, address, zone, method FROM login_path WHERE `+where+` ORDER BY system_id, created_at, id`, args...)
	return err
}

func fillInformation(ctx context.Context, tx *db.Tx, org access.OrganisationID, at map[ids.ID[System]]*System, where string, args []any) error {
	own := map[ids.ID[information.Information]][]catalogue.Statement{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[information.Information]
		var f catalogue.Statement
		err := scan(&id, &f.Fact, &f.Value)
		own[id] = append(own[id], f)
		return struct{}{}, err
	}, `SELECT information_id, fact, value FROM information_fact WHERE organisation_id = $1 ORDER BY information_id, fact, value`, org)
	if err != nil {
		return err
	}
	_, err = db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[System]
		var h information.Held
		err := scan(&id, &h.ID, &h.Name, &h.TypeID, &h.TypeVersion, &h.Note, &h.Confirmed, &h.Reason)
		if err == nil {
			h.Note, err = tx.Open(ctx, information.NoteCell(h.ID), h.Note)
		}
		h.Facts = own[h.ID]
		if s := at[id]; s != nil {
			s.Information = append(s.Information, h)
		}
		return struct{}{}, err
	}, `SELECT l.system_id, i.id, i.name, i.type_id, i.type_version, i.note, l.status = 'confirmed', l.reason
		FROM (SELECT * FROM system_information WHERE `+where+`) l JOIN information i ON i.id = l.information_id AND i.organisation_id = l.organisation_id
		ORDER BY l.system_id, i.folded`, args...)
	return err
}

// Names gives the folded name, the id and the version of every system, for an import to find what it already has.
func Names(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]ids.ID[System], error) {
	out := map[string]ids.ID[System]{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var folded string
		var id ids.ID[System]
		err := scan(&folded, &id)
		out[folded] = id
		return struct{}{}, err
	}, `SELECT folded, id FROM system WHERE organisation_id = $1 ORDER BY created_at DESC`, org)
	if err != nil {
		return nil, fmt.Errorf("read names of systems: %w", err)
	}
	return out, nil
}

// Choices gives the id and the name of every system within reach, in Swedish order, as what a form lets one choose among.
func Choices[T any](ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, made func(id, name string) T) ([]T, error) {
	within, args := InReach(r, "unit_id", []any{org})
	out, err := db.All(ctx, tx, func(scan func(...any) error) (T, error) {
		var id, name string
		err := scan(&id, &name)
		return made(id, name), err
	}, `SELECT id, name FROM system WHERE organisation_id = $1 AND `+within+` ORDER BY sort_key, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read systems to choose among: %w", err)
	}
	return out, nil
}

// HeldWithin gives the information that systems within reach hold.
func HeldWithin(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) (map[ids.ID[information.Information]]bool, error) {
	within, args := InReach(r, "s.unit_id", []any{org})
	out := map[ids.ID[information.Information]]bool{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[information.Information]
		err := scan(&id)
		out[id] = true
		return struct{}{}, err
	}, `SELECT DISTINCT l.information_id FROM system_information l JOIN system s ON s.id = l.system_id AND s.organisation_id = l.organisation_id
		WHERE l.organisation_id = $1 AND `+within, args...)
	if err != nil {
		return nil, fmt.Errorf("read information of systems: %w", err)
	}
	return out, nil
}

// MoveSupplier gives the systems of one supplier to another, or makes what is searched follow a supplier's new name when both are the
// same. It raises their versions, so that a form with the old name is not saved over it, and gives their ids.
func MoveSupplier(ctx context.Context, tx *db.Tx, from, to ids.ID[supplier.Supplier]) ([]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id string
		return id, scan(&id)
	}, `UPDATE system SET supplier_id = $1, version = version + 1, search = folded
			|| COALESCE((SELECT ' ' || u.folded FROM unit u WHERE u.id = system.unit_id), '')
			|| COALESCE((SELECT ' ' || p.folded FROM supplier p WHERE p.id = $1), '')
		WHERE organisation_id = $2 AND supplier_id = $3 RETURNING id`, to, tx.Scope, from)
	if err != nil {
		return nil, fmt.Errorf("move systems of supplier: %w", err)
	}
	return out, moveFacilities(ctx, tx, from, to)
}

// Slugs gives every slug that is taken.
func Slugs(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]bool, error) {
	out := map[string]bool{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var slug string
		err := scan(&slug)
		out[slug] = true
		return struct{}{}, err
	}, `SELECT slug FROM system WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read addresses of systems: %w", err)
	}
	return out, nil
}

// newSlug is the address of the page for a new system and dependencySlug of the page of all dependencies, so no system can have them.
const (
	newSlug        = "nytt"
	dependencySlug = "beroenden"
)

// FreeSlug gives the slug, or the slug with the first number that makes it free, and takes it.
func FreeSlug(taken map[string]bool, slug string) string {
	free := slug
	for n := 2; taken[free] || free == newSlug || free == dependencySlug; n++ {
		free = slug + "-" + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}

// null stores an empty id as NULL, so that the foreign key is not asked about it.
func null[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// row gives the values of a system in the order of insertColumns.
func (s *System) row(org access.OrganisationID, now int64) []any {
	search := locale.Fold(s.Name + " " + s.Unit + " " + s.Supplier) // nothing that is sealed may stand in it
	return []any{
		s.ID, org, s.Slug, s.Name, locale.Fold(s.Name), locale.SortKey(s.Name), search, s.Kind, s.Service, s.Audience,
		null(s.UnitID), null(s.SupplierID), s.OwnerRole, s.ManagerRole, s.Hosting, s.HostingNote, s.Country,
		s.State, s.Criticality, s.Users, bit(s.UsersApproximate), s.DataSubjects, s.ContractEnd, s.ContractNote,
		s.ProcessorAgreement, s.ProcessorAgreementOn, s.SubProcessors, s.RoleModel, s.RoleModelOn, s.AccessReviewOn,
		s.AccessLog, s.LogReviewMonths, s.LogReviewOn, s.LoginNote, s.InformationNote, s.Comment, s.ClassifiedLastYear,
		s.Version, now, now,
	}
}

const insertColumns = `id, organisation_id, slug, name, folded, sort_key, search, kind, service, audience,
	unit_id, supplier_id, owner_role, manager_role, hosting, hosting_note, country,
	state, criticality, users, users_approximate, data_subjects, contract_end, contract_note,
	processor_agreement, processor_agreement_on, sub_processors, role_model, role_model_on, access_review_on,
	access_log, log_review_months, log_review_on, login_note, information_note, comment, classified_last_year,
	version, created_at, updated_at`

// Upsert writes systems as they are, new ones and changed ones alike, with their facts and ways in. The caller has checked them,
// raised Version by one for the changed, and writes the audit entries. A slug that another system has is an error.
func Upsert(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []System) error {
	if len(systems) == 0 {
		return nil
	}
	now := db.Millis(tx.Now)
	rows := make([][]any, len(systems))
	for i := range systems {
		s, err := systems[i].sealed(ctx, tx)
		if err != nil {
			return fmt.Errorf("save systems: %w", err)
		}
		rows[i] = s.row(org, now)
	}
	var set []string
	for _, c := range strings.Split(strings.Join(strings.Fields(insertColumns), " "), ", ") {
		switch c {
		case "id", "organisation_id", "slug", "created_at":
		default:
			set = append(set, c+" = excluded."+c)
		}
	}
	err := tx.Insert(ctx, `INSERT INTO system (`+insertColumns+`) VALUES`,
		`ON CONFLICT (id) DO UPDATE SET `+strings.Join(set, ", ")+` WHERE system.organisation_id = excluded.organisation_id`, rows)
	if err != nil {
		return fmt.Errorf("save systems: %w", err)
	}
	if err := checkOwned(ctx, tx, org, systems); err != nil {
		return err
	}
	return saveDetails(ctx, tx, org, systems)
}

// checkOwned refuses systems whose ids are another organisation's: Upsert has left those as they were.
func checkOwned(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []System) error {
	for start := 0; start < len(systems); start += fewIDs {
		part := systems[start:min(start+fewIDs, len(systems))]
		args, marks := []any{org}, make([]string, len(part))
		for i := range part {
			args = append(args, part[i].ID)
			marks[i] = "$" + strconv.Itoa(i+2)
		}
		var n int
		// Asked for the organisation in the WHERE clause, SQLite reads every system that it has, for each part.
		err := db.One(tx.QueryRow(ctx, `SELECT COUNT(CASE WHEN organisation_id = $1 THEN 1 END) FROM system WHERE id IN (`+strings.Join(marks, ", ")+`)`, args...), &n)
		if err != nil {
			return fmt.Errorf("check saved systems: %w", err)
		}
		if n != len(part) {
			return fmt.Errorf("save systems: %w", db.ErrNotFound)
		}
	}
	return nil
}

// claim takes the row of a system that was read as version, so that of two who change it at once the second is refused.
func claim(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[System], version int64) error {
	n, err := tx.Exec(ctx, `UPDATE system SET version = version + 1 WHERE organisation_id = $1 AND id = $2 AND version = $3`, org, id, version)
	if err != nil {
		return fmt.Errorf("claim system: %w", err)
	}
	if n == 1 {
		return nil
	}
	if _, err := Get(ctx, tx, org, id.String()); err != nil {
		return err
	}
	return db.ErrConflict
}

func saveDetails(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []System) error {
	for start := 0; start < len(systems); start += fewIDs {
		where, args := among(org, systems[start:min(start+fewIDs, len(systems))])
		for _, table := range []string{"system_fact", "login_path"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+where, args...); err != nil {
				return fmt.Errorf("replace %s: %w", table, err)
			}
		}
	}
	var facts, logins [][]any
	for i := range systems {
		s := &systems[i]
		for _, f := range s.Facts {
			facts = append(facts, []any{s.ID, org, f.Fact, f.Value})
		}
		for _, l := range s.Logins {
			if l.ID == "" {
				l.ID = ids.New[LoginPath]()
			}
			logins = append(logins, []any{l.ID, org, s.ID, l.Audience, l.Address, l.Zone, l.Method, db.Millis(tx.Now)})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO system_fact (system_id, organisation_id, fact, value) VALUES`, `ON CONFLICT DO NOTHING`, facts)
	if err != nil {
		return fmt.Errorf("save facts: %w", err)
	}
	err = tx.Insert(ctx, `INSERT INTO login_path (id, organisation_id, system_id, audience, address, zone, method, created_at) VALUES`, "", logins)
	if err != nil {
		return fmt.Errorf("save logins: %w", err)
	}
	return nil
}

// Link is a piece of information that a system holds.
type Link struct {
	System      ids.ID[System]
	Information ids.ID[information.Information]
	Confirmed   bool
	Reason      string
}

// AddLinks adds links that are not there; one that a person has confirmed is left as it is.
func AddLinks(ctx context.Context, tx *db.Tx, org access.OrganisationID, links []Link) error {
	rows := make([][]any, len(links))
	for i, l := range links {
		status := "suggested"
		if l.Confirmed {
			status = "confirmed"
		}
		rows[i] = []any{l.System, l.Information, org, status, l.Reason}
	}
	err := tx.Insert(ctx, `INSERT INTO system_information (system_id, information_id, organisation_id, status, reason) VALUES`,
		`ON CONFLICT DO NOTHING`, rows)
	if err != nil {
		return fmt.Errorf("save links to information: %w", err)
	}
	return nil
}

// ReplaceLinks makes the links of one system exactly those given.
func ReplaceLinks(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[System], links []Link) error {
	if _, err := tx.Exec(ctx, `DELETE FROM system_information WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
		return fmt.Errorf("replace links to information: %w", err)
	}
	return AddLinks(ctx, tx, org, links)
}

// Remove takes systems away with what hangs on them in this slice. Later slices take away theirs first.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, removed []ids.ID[System]) error {
	if err := removeDependencies(ctx, tx, org, removed); err != nil {
		return err
	}
	systems := make([]System, len(removed))
	for i, id := range removed {
		systems[i].ID = id
	}
	for start := 0; start < len(systems); start += fewIDs {
		where, args := among(org, systems[start:min(start+fewIDs, len(systems))])
		for _, table := range []string{"system_fact", "login_path", "system_information"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+where, args...); err != nil {
				return fmt.Errorf("remove from %s: %w", table, err)
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM system WHERE `+strings.ReplaceAll(where, "system_id", "id"), args...); err != nil {
			return fmt.Errorf("remove systems: %w", err)
		}
	}
	return nil
}
