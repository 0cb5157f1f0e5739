// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// The list that the invented municipality hands over, and what it has done since.
var (
	//go:embed example/register.csv
	exampleRegister []byte
	//go:embed example/story.yaml
	exampleStory []byte
)

// The invented municipality. There is no Norrsjö.
const (
	exampleCode  = "norrsjo"
	exampleName  = "Norrsjö kommun"
	exampleScale = "klassa"
	exampleDone  = "example.filled" // the setting that says that the story has been told to its end
)

// story is what happens in the example after the import.
type story struct {
	Risks        []storyRisk
	Dependencies []struct{ System, Needs, Facility, Supplier, Carries string }
	Systems      []struct {
		Name, Decider string
		Information   []string
		Answers       map[string]storyAnswer
		Requirements  []struct {
			ID, Status, Note string
			KnownBy          string `yaml:"known_by"`
			DaysAgo          int    `yaml:"days_ago"`
		}
		Actions []struct {
			Requirement, Owner, Status string
			DueIn                      int `yaml:"due_in"`
		}
		Logins   []storyLogin
		Evidence []storyEvidence
	}
	Suppliers   []storySupplier
	Common      struct{ Contact, DPO string }
	Processings []storyProcessing
	Purchases   []storyPurchase
	Replies     []storyReplies
	References  []storyReference
	Groups      []storyGroup
}

// storyRisk is a scenario of the catalogue that has been weighed for a system.
type storyRisk struct {
	System, Threat, Treatment, Motive, Owner string
	Likelihood                               int
	Measures                                 []string
}

type storyAnswer struct {
	Individual, Organisation, Society *int
	Motivation                        string
}

// Example makes the invented municipality, when it is not there, in the way a real one would come about: its list is imported,
// some systems are classified and decided, some requirements answered and some actions taken on. It tells who the demonstration
// signs in as.
func (a *App) Example(ctx context.Context) (access.Actor, web.Viewer, error) {
	o, err := a.exampleOrganisation(ctx)
	if err != nil {
		return access.Actor{}, web.Viewer{}, fmt.Errorf("make the example: %w", err)
	}
	actor := access.Actor{Name: "Samordnaren", Organisation: o.ID, Roles: []access.Role{access.Administrator, access.Coordinator}, Fresh: true}
	err = a.DB.Write(ctx, o.ID, func(tx *db.Tx) error {
		id, err := auth.DemoPerson(ctx, tx, auth.NewPerson{
			Organisation: o.ID, Name: actor.Name, Folded: locale.Fold(actor.Name), Origin: "first", Roles: actor.Roles,
		})
		actor.ID = id.String()
		return err
	})
	if err != nil {
		return access.Actor{}, web.Viewer{}, fmt.Errorf("make the example: %w", err)
	}
	viewer := web.Viewer{
		Organisation: o.Name, OrganisationCode: o.Code, Example: o.Example, Name: actor.Name, Role: string(access.Coordinator),
	}
	if err := a.tell(ctx, actor); err != nil {
		return access.Actor{}, web.Viewer{}, fmt.Errorf("fill the example: %w", err)
	}
	return actor, viewer, nil
}

func (a *App) exampleOrganisation(ctx context.Context) (organisation.Organisation, error) {
	o, err := organisation.Choose(ctx, a.DB, exampleCode, false)
	if err != nil || o.Example {
		return o, err
	}
	o = organisation.Organisation{ID: ids.New[access.Tenant](), Code: exampleCode, Name: exampleName, Example: true}
	return o, organisation.Create(ctx, a.DB, o)
}

// tell lets the story happen. Every step can be done again, so a start that was cut short is finished by the next.
func (a *App) tell(ctx context.Context, actor access.Actor) error {
	var done string
	var today civil.Date
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		today = civil.Of(tx.Now)
		done, err = organisation.Setting(ctx, tx, actor.Organisation, exampleDone)
		return err
	})
	if err != nil || done != "" {
		return err
	}
	var s story
	if err := catalogue.Decode(exampleStory, &s); err != nil {
		return fmt.Errorf("read the story: %w", err)
	}
	if err := a.watched(ctx, actor, func() error { return a.tellAll(ctx, actor, &s, today) }); err != nil {
		return err
	}
	return a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		value := today.String() + " " + exampleVersion()
		if err := organisation.SaveSetting(ctx, tx, actor.Organisation, exampleDone, value); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.Set", ObjectKind: "setting", ObjectID: exampleDone, Data: map[string]string{"value": value},
		})
	})
}

// exampleVersion tells one story from another.
func exampleVersion() string {
	sum := sha256.Sum256(slices.Concat(exampleRegister, exampleStory))
	return hex.EncodeToString(sum[:6])
}

// ExampleIsOld reports whether the example was made by a version of the program that told another story. It is left as it is, since
// whoever tries the program may have worked in it.
func (a *App) ExampleIsOld(ctx context.Context, actor access.Actor) (bool, error) {
	var done string
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		done, err = organisation.Setting(ctx, tx, actor.Organisation, exampleDone)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read when the example was made: %w", err)
	}
	return done != "" && !strings.HasSuffix(done, " "+exampleVersion()), nil
}

// tellAll is the story from the list that is handed over to the end.
func (a *App) tellAll(ctx context.Context, actor access.Actor, s *story, today civil.Date) error {
	taken, err := a.Register.Import(ctx, actor, register.Request{File: "systemlista.csv", Content: exampleRegister, Scale: exampleScale})
	if err != nil {
		return err
	}
	if err := a.mark(ctx, actor, madeImport, taken.ID.String()); err != nil {
		return err
	}
	names, err := a.exampleNames(ctx, actor)
	if err != nil {
		return err
	}
	if err := a.tellDependencies(ctx, actor, s, names); err != nil {
		return err
	}
	for i := range s.Systems {
		ref, ok := names[locale.Fold(s.Systems[i].Name)]
		if !ok {
			return fmt.Errorf("the story speaks of %q, which the list does not have", s.Systems[i].Name)
		}
		if err := a.tellSystem(ctx, actor, ref, s, i, today); err != nil {
			return fmt.Errorf("%s: %w", s.Systems[i].Name, err)
		}
	}
	if err := a.tellRisks(ctx, actor, s.Risks, names); err != nil {
		return err
	}
	if err := a.tellWorkshop(ctx, actor, names); err != nil {
		return err
	}
	if err := a.tellIncident(ctx, actor, names); err != nil {
		return err
	}
	if err := a.measured(ctx, actor, names); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	if err := a.tellFindings(ctx, actor, names); err != nil {
		return err
	}
	if err := a.tellSuppliers(ctx, actor, s, names, today); err != nil {
		return err
	}
	if err := a.tellProcessings(ctx, actor, s, names, today); err != nil {
		return err
	}
	return errors.Join(a.tellDraft(ctx, actor), a.tellPurchases(ctx, actor, s), a.tellCampaign(ctx, actor, today),
		a.tellReplies(ctx, actor, s, names), a.tellTenders(ctx, actor, s, today), a.tellReferences(ctx, actor, s))
}

// tellDependencies says what systems depend on. What an earlier start that was cut short has said is left as it is.
func (a *App) tellDependencies(ctx context.Context, actor access.Actor, s *story, names map[string]string) error {
	for _, d := range s.Dependencies {
		err := a.Systems.AddDependency(ctx, actor, names[locale.Fold(d.System)], system.Needing{System: d.Needs, Facility: d.Facility, Supplier: d.Supplier, Carries: d.Carries})
		if err != nil && !errors.Is(err, system.ErrDepends) {
			return fmt.Errorf("%s: %w", d.System, err)
		}
	}
	return nil
}

// tellRisks weighs some scenarios. What an earlier start that was cut short has weighed is left as it is.
func (a *App) tellRisks(ctx context.Context, actor access.Actor, list []storyRisk, names map[string]string) error {
	l := a.Texts.In("sv")
	for i := range list {
		x := &list[i]
		ref := names[locale.Fold(x.System)]
		v, err := a.Risks.Open(ctx, actor, ref, l)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(v.Risks, func(r risk.Risk) bool { return r.ThreatID == x.Threat }) {
			continue
		}
		o, err := a.Risks.Risk(ctx, actor, ref, "", x.Threat, l)
		if err != nil {
			return err
		}
		r := o.Risk
		r.Likelihood, r.Treatment, r.Motive, r.OwnerRole = x.Likelihood, x.Treatment, x.Motive, x.Owner
		for _, id := range x.Measures {
			r.Measures = append(r.Measures, risk.Measure{Requirement: id, OnLikelihood: 1})
		}
		if _, err := a.Risks.Save(ctx, actor, ref, r, l); err != nil {
			return fmt.Errorf("%s, %s: %w", x.System, x.Threat, err)
		}
	}
	return nil
}

// tellIncident lets something happen: decisions went to the wrong recipient last night.
func (a *App) tellIncident(ctx context.Context, actor access.Actor, names map[string]string) error {
	x, err := a.Incidents.Report(ctx, actor, incident.New{
		Title: "Beslut skickade till fel mottagare", Happened: "Tre beslut om insatser följde med i ett utskick till en annan familj.",
		Systems: []string{names[locale.Fold("Biståndsakten")]}, Origin: incident.Origin{Kind: "example", Ref: "1"},
	})
	if errors.Is(err, incident.ErrOrigin) { // it happened at an earlier start that was cut short
		return nil
	}
	if err != nil {
		return err
	}
	if err := a.mark(ctx, actor, madeIncident, x.ID.String()); err != nil {
		return err
	}
	return a.Incidents.Save(ctx, actor, x.ID.String(), x.Version, func(i *incident.Incident) {
		i.AwareAt, i.Risk = i.FoundAt, incident.RiskLikely
		i.Texts[incident.AwareWhy], i.Texts[incident.RiskWhy] = "Mottagaren ringde och läste upp första sidan.", "Mottagaren är känd och har lovat att lämna tillbaka breven, men uppgifterna rör insatser."
		i.Answers["breach"], i.Answers["cyber"], i.Answers["supplier"] = incident.Yes, incident.No, incident.No
		three := int64(3)
		i.Persons = &three
	})
}

func (a *App) tellSystem(ctx context.Context, actor access.Actor, ref string, s *story, i int, today civil.Date) error {
	sys := &s.Systems[i]
	chosen := make([]classification.Chosen, len(sys.Information))
	for n, id := range sys.Information {
		chosen[n].TypeID = id
	}
	if err := a.Classifications.SetInformation(ctx, actor, ref, chosen); err != nil {
		return err
	}
	for name, answer := range sys.Answers {
		if err := a.tellAnswer(ctx, actor, ref, name, answer); err != nil {
			return err
		}
	}
	if sys.Decider != "" {
		if err := a.Classifications.Decide(ctx, actor, ref, sys.Decider); err != nil {
			return err
		}
	}
	var answers []requirement.Answer
	for _, r := range sys.Requirements {
		answers = append(answers, requirement.Answer{
			Requirement: r.ID, Status: requirement.Status(r.Status), KnownBy: r.KnownBy, KnownOn: today.AddDays(-r.DaysAgo), Note: r.Note,
		})
	}
	if err := a.Requirements.Answer(ctx, actor, ref, answers); err != nil {
		return err
	}
	for _, x := range sys.Actions {
		err := a.Actions.Save(ctx, actor, ref, action.Action{
			Requirement: x.Requirement, OwnerRole: x.Owner, DueOn: today.AddDays(x.DueIn), Status: action.Status(x.Status),
		})
		if err != nil && !errors.Is(err, db.ErrConflict) { // taken on by an earlier start that was cut short
			return err
		}
	}
	return a.tellEvidence(ctx, actor, ref, sys.Logins, sys.Evidence)
}

func (a *App) tellAnswer(ctx context.Context, actor access.Actor, ref, name string, answer storyAnswer) error {
	aspect, ok := catalogue.ParseAspect(name)
	if !ok {
		return fmt.Errorf("the story speaks of %q, which is no aspect", name)
	}
	for perspective, level := range map[catalogue.Perspective]*int{
		catalogue.Individual: answer.Individual, catalogue.Organisation: answer.Organisation, catalogue.Society: answer.Society,
	} {
		if level == nil {
			continue
		}
		err := a.Classifications.Answer(ctx, actor, ref, classification.Answer{
			Aspect: aspect, Perspective: perspective.String(), Level: *level, Motivation: answer.Motivation,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// exampleNames gives the id of every system by its folded name.
func (a *App) exampleNames(ctx context.Context, actor access.Actor) (map[string]string, error) {
	out := map[string]string{}
	err := a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := system.Names(ctx, tx, actor.Organisation)
		for name, id := range all {
			out[name] = id.String()
		}
		return err
	})
	return out, err
}

// tellFindings connects two sources and searches them, when the program was given the example's directory of files. Whoever starts the
// demonstration runs the command line, which decides what may be searched.
func (a *App) tellFindings(ctx context.Context, actor access.Actor, names map[string]string) error {
	if !a.Findings.Limits.HasRoot(exampleRoot) {
		return nil
	}
	console := access.LocalAdministrator(actor.Organisation)
	had, err := a.Findings.List(ctx, console)
	if err != nil {
		return err
	}
	for _, x := range []struct{ name, place, system string }{
		{"Gemensamma mappar", "Gemensam", ""},
		{"Export ur Vattenstyrningen", "Teknik/Vattenstyrning", "Vattenstyrningen"},
	} {
		if slices.ContainsFunc(had.List, func(s finding.Source) bool { return s.Name == x.name }) {
			continue
		}
		src := finding.Source{
			Name: x.name, Kind: finding.Files, Root: exampleRoot, Place: x.place, EveryDays: 7, Owner: ids.ID[organisation.Person](actor.ID),
			System: ids.ID[system.System](names[locale.Fold(x.system)]),
		}
		if src, err = a.Findings.Add(ctx, console, src, "Exempelkommunens egna filer."); err != nil {
			return err
		}
		scan, err := a.Findings.Start(ctx, console, src.ID)
		if err != nil {
			return err
		}
		if err := a.Findings.Work(ctx, access.SystemActor(actor.Organisation), scan); err != nil {
			return err
		}
	}
	return nil
}
