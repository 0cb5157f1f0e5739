// SPDX-License-Identifier: EUPL-1.2

package access

import "slices"

// Kind is what an action is about.
type Kind string

// The kinds of object that the table speaks of.
const (
	KindOrganisation   Kind = "organisation"
	KindSystem         Kind = "system"
	KindClassification Kind = "classification"
	KindInformation    Kind = "information"
	KindRequirement    Kind = "requirement"
	KindAction         Kind = "action"
	KindProcurement    Kind = "procurement"
	KindReport         Kind = "report"
	KindImport         Kind = "import"
	KindRule           Kind = "rule"
	KindLog            Kind = "log"
	KindAlarm          Kind = "alarm"
	KindBackup         Kind = "backup"
	KindLook           Kind = "look"
	KindPerson         Kind = "person"
	KindApproval       Kind = "approval"
	KindToken          Kind = "token"
	KindSignIn         Kind = "sign-in"
	KindUnit           Kind = "unit"
	KindMail           Kind = "mail"
	KindProcessing     Kind = "processing"
	KindSupplier       Kind = "supplier"
	KindEvidence       Kind = "evidence"
	KindIndicator      Kind = "indicator"
	KindNational       Kind = "national"
	KindIncident       Kind = "incident"
	KindWebhook        Kind = "webhook"
	KindRisk           Kind = "risk"
	KindMeasurement    Kind = "measurement"
	KindAgent          Kind = "agent"
	KindFinding        Kind = "finding"
	KindSource         Kind = "source"
	KindCampaign       Kind = "campaign"
	KindTodo           Kind = "todo"
)

// Grant lets a role do something, as far as the place reaches from the unit that the role is held in. Who holds the role in the whole
// organisation reaches all of it.
type Grant struct {
	Role  Role
	Place Place
}

// Policy is one row of the table: who may do one action.
type Policy struct {
	Kind Kind
	By   []Grant
	// StepUp says that the actor must just have shown again who they are.
	StepUp bool
	// Weakness says that what is read tells where the organisation is weak: the reading itself is logged.
	Weakness bool
}

// Groups of grants that often go together. Who reads reads as far as the place says; who changes is named apart from who reads.
var (
	// sees is who answers for the organisation's information, or watches over those who do: they may see where it is weak.
	sees = []Grant{
		{Coordinator, All},
		{SystemOwner, Below},
		{SystemManager, Own},
		{InformationOwner, Below},
		{DataProtection, All},
		{Executive, Below},
		{Auditor, All},
	}
	// works adds who carries the protections out: operations sees what is to be done, and not the reasons people have written.
	works = append(slices.Clone(sees), Grant{Operations, All})
	// buys adds who writes tenders: procurement sees what is to be demanded, and not how well the organisation meets it.
	buys = append(slices.Clone(sees), Grant{Procurer, All})
	// knows is everybody who works in one organisation, for what law and catalogue say.
	knows = append(slices.Clone(works), Grant{Procurer, All})
	// oversees is who reads what concerns the whole organisation at once.
	oversees = []Grant{{Coordinator, All}, {DataProtection, All}, {Auditor, All}}

	steers = []Grant{{Coordinator, All}}
	// leads is who answers for a part of the organisation, or for a system in it, and who prepares what they decide.
	leads   = []Grant{{Coordinator, All}, {SystemOwner, Below}, {InformationOwner, Below}, {Executive, Below}}
	manages = []Grant{{Coordinator, All}, {SystemOwner, Below}, {SystemManager, Own}}
	// appoints is who says which persons answer for a system, and asks its supplier. Being named gives no right: that takes a role.
	appoints = []Grant{{Coordinator, All}, {SystemOwner, Below}}
	// classifies adds the information owner, who knows what the information is worth.
	classifies = append(slices.Clone(manages), Grant{InformationOwner, Below})
	// decides is who answers for the information or the system, never who only manages it.
	decides  = []Grant{{Coordinator, All}, {SystemOwner, Below}, {InformationOwner, Below}}
	procures = []Grant{{Coordinator, All}, {Procurer, All}, {SystemOwner, Below}}
	// contracts is who keeps contracts for the whole organisation: a supplier delivers to more than one unit.
	contracts = []Grant{{Coordinator, All}, {Procurer, All}}
	itself    = []Grant{{System, All}}
	guards    = []Grant{{Administrator, All}, {Coordinator, All}}
	runs      = []Grant{{Administrator, All}}
	// counts is who follows many organisations: sums, and nobody's content.
	counts = []Grant{{Analyst, All}}
	// responds is who handles what has happened, and watches also who reads of it: incidents are secret by default (OSL 18 kap. 8 b §).
	responds = []Grant{{Coordinator, All}, {SystemOwner, Below}}
	learns   = append(slices.Clone(responds), Grant{DataProtection, All}, Grant{Executive, Below}, Grant{Auditor, All})
	// hands is who takes drafts for authorities out: the data protection officer is the contact of IMY (art. 39.1 e).
	hands = append(slices.Clone(responds), Grant{DataProtection, All})
	// replies is who answers for a unit or a system when the organisation follows up, and nobody else's part of it.
	replies = append(slices.Clone(classifies), Grant{Executive, Below})
	// finds is who sees where personal data was found. Operations sees it, since what is found lies on what they run; procurement does not.
	finds = []Grant{{Coordinator, All}, {SystemOwner, Below}, {InformationOwner, Below}, {DataProtection, All}, {Operations, All}, {Auditor, All}}
	// triages is who decides what a finding is.
	triages = []Grant{{Coordinator, All}, {SystemOwner, Below}, {InformationOwner, Below}}
	// searches is who registers what is to be searched, and starts searches. Who watches over it does not.
	searches = steers
	// uncovers is who may look at the data themselves where they lie: those who answer for them, and who watches over how they are used.
	uncovers = []Grant{{DataProtection, All}, {InformationOwner, Below}, {SystemOwner, Below}}
	// provisions is the key of the directory that people come from.
	provisions = []Grant{{Directory, All}}
	// reads and writes are the keys of programs that use the API: what the page of keys says that they are for, and nothing else. A key
	// reaches the whole organisation, decides nothing in anybody's place, and sees no person's settings.
	reads   = []Grant{{Reader, All}, {Writer, All}}
	writes  = []Grant{{Writer, All}}
	fetches = []Grant{{LogReader, All}}
	// measures is the key of a program that measures in another zone: it is given what to measure, and hands in what it found.
	measures = []Grant{{Agent, All}}
	inspects = []Grant{{Administrator, All}, {Coordinator, All}, {Auditor, All}}
)

// with is a group with one more.
func with(group, more []Grant) []Grant { return slices.Concat(group, more) }

// policies says for every use case which roles may do it, and where. What is missing is refused. The administrator has no content
// by that role alone.
var policies = map[string]Policy{
	"organisation.Set": {Kind: KindOrganisation, By: steers},

	"organisation.Look":     {Kind: KindLook, By: guards},
	"organisation.SaveLook": {Kind: KindLook, By: guards},

	"organisation.Tree": {Kind: KindUnit, By: inspects},
	"organisation.Move": {Kind: KindUnit, By: guards, StepUp: true},

	"organisation.People":        {Kind: KindPerson, By: guards},
	"organisation.Person":        {Kind: KindPerson, By: guards},
	"organisation.Names":         {Kind: KindPerson, By: guards},
	"organisation.Began":         {Kind: KindPerson, By: guards},
	"organisation.AddPerson":     {Kind: KindPerson, By: runs},
	"organisation.ImportPeople":  {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.KeepPeople":    {Kind: KindPerson, By: runs},
	"organisation.PreviewPeople": {Kind: KindPerson, By: runs},
	"organisation.TakePeople":    {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.DiscardPeople": {Kind: KindPerson, By: runs},
	"organisation.ExportPeople":  {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.ChangePerson":  {Kind: KindPerson, By: runs},
	"organisation.EraseLog":      {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.EndPerson":     {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.ResumePerson":  {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.Invite":        {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.EndPasskey":    {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.AskRoles":      {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.AskRule":       {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.AskGroupRole":  {Kind: KindPerson, By: runs, StepUp: true},
	"organisation.Granting":      {Kind: KindPerson, By: guards},
	"organisation.Chart":         {Kind: KindUnit, By: inspects},
	"organisation.SaveUnit":      {Kind: KindUnit, By: guards},
	"organisation.HandOver":      {Kind: KindPerson, By: guards},
	"organisation.Leavers":       {Kind: KindPerson, By: guards},

	"organisation.DirectoryUsers":       {Kind: KindPerson, By: provisions},
	"organisation.DirectoryUser":        {Kind: KindPerson, By: provisions},
	"organisation.AddDirectoryUser":     {Kind: KindPerson, By: provisions},
	"organisation.ChangeDirectoryUser":  {Kind: KindPerson, By: provisions},
	"organisation.RemoveDirectoryUser":  {Kind: KindPerson, By: provisions},
	"organisation.DirectoryGroups":      {Kind: KindPerson, By: provisions},
	"organisation.AddDirectoryGroup":    {Kind: KindPerson, By: provisions},
	"organisation.ChangeDirectoryGroup": {Kind: KindPerson, By: provisions},
	"organisation.RemoveDirectoryGroup": {Kind: KindPerson, By: provisions},

	"token.List":   {Kind: KindToken, By: runs},
	"token.Create": {Kind: KindToken, By: runs, StepUp: true},
	"token.Revoke": {Kind: KindToken, By: runs},

	"rotation.List":    {Kind: KindToken, By: inspects},
	"rotation.SetAges": {Kind: KindToken, By: runs, StepUp: true},

	"webhook.List":       {Kind: KindWebhook, By: guards},
	"webhook.Open":       {Kind: KindWebhook, By: guards},
	"webhook.Deliveries": {Kind: KindWebhook, By: guards},
	"webhook.Add":        {Kind: KindWebhook, By: runs, StepUp: true},
	"webhook.Change":     {Kind: KindWebhook, By: runs, StepUp: true},
	"webhook.Rotate":     {Kind: KindWebhook, By: runs, StepUp: true},
	"webhook.Remove":     {Kind: KindWebhook, By: runs, StepUp: true},
	"webhook.Try":        {Kind: KindWebhook, By: runs},
	"webhook.Redeliver":  {Kind: KindWebhook, By: runs},
	"webhook.Tick":       {Kind: KindWebhook, By: itself},

	"backup.View":      {Kind: KindBackup, By: append(slices.Clone(inspects), itself...)},
	"backup.Make":      {Kind: KindBackup, By: runs, StepUp: true},
	"backup.HoldDrill": {Kind: KindBackup, By: runs},
	"backup.Tick":      {Kind: KindBackup, By: itself},

	"app.ExampleState":  {Kind: KindOrganisation, By: knows},
	"app.StartExample":  {Kind: KindOrganisation, By: steers},
	"app.RemoveExample": {Kind: KindOrganisation, By: steers, StepUp: true},

	"app.RotateRoot":   {Kind: KindBackup, By: runs, StepUp: true},
	"app.KeyState":     {Kind: KindBackup, By: runs},
	"app.RotateKey":    {Kind: KindBackup, By: runs, StepUp: true},
	"app.ResealKey":    {Kind: KindBackup, By: append(slices.Clone(runs), itself...)},
	"app.DestroyKey":   {Kind: KindBackup, By: runs, StepUp: true},
	"app.AskKeyChange": {Kind: KindBackup, By: runs, StepUp: true},

	"alarm.List":        {Kind: KindAlarm, By: guards},
	"alarm.Count":       {Kind: KindAlarm, By: guards},
	"alarm.Acknowledge": {Kind: KindAlarm, By: guards},
	"alarm.Tell":        {Kind: KindAlarm, By: itself},

	"mail.Settings": {Kind: KindMail, By: runs},
	"mail.Set":      {Kind: KindMail, By: runs, StepUp: true},
	"mail.Test":     {Kind: KindMail, By: runs},
	"mail.Sent":     {Kind: KindMail, By: runs},

	"approval.List":     {Kind: KindApproval, By: guards},
	"approval.Describe": {Kind: KindApproval, By: guards},
	"approval.Approve":  {Kind: KindApproval, By: runs, StepUp: true},
	"approval.Refuse":   {Kind: KindApproval, By: guards},
	"approval.Tick":     {Kind: KindApproval, By: itself},
	"passkey.Sealed":    {Kind: KindPerson, By: runs},
	"passkey.Seal":      {Kind: KindPerson, By: runs, StepUp: true},
	"passkey.Unseal":    {Kind: KindPerson, By: runs, StepUp: true},

	"auth.EndOf": {Kind: KindPerson, By: runs, StepUp: true},

	"system.Edit":     {Kind: KindSystem, By: with(manages, writes)},
	"system.Create":   {Kind: KindSystem, By: with(manages, writes)},
	"system.Update":   {Kind: KindSystem, By: with(manages, writes)},
	"system.Bulk":     {Kind: KindSystem, By: with(manages, writes)},
	"system.Called":   {Kind: KindSystem, By: appoints},
	"system.Bulks":    {Kind: KindSystem, By: with(manages, writes)},
	"system.UndoBulk": {Kind: KindSystem, By: with(manages, writes)},

	"system.AddDependency":    {Kind: KindSystem, By: manages},
	"system.RemoveDependency": {Kind: KindSystem, By: manages},
	"overview.Dependencies":   {Kind: KindSystem, By: works, Weakness: true},
	"overview.DependencyList": {Kind: KindSystem, By: works, Weakness: true},

	"system.Responsible":    {Kind: KindSystem, By: with(appoints, writes)},
	"system.SetResponsible": {Kind: KindSystem, By: with(appoints, writes)},

	"supplier.Edit":               {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.Create":             {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.Update":             {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.SavePaper":          {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.RemovePaper":        {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.SaveSubProcessor":   {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.RemoveSubProcessor": {Kind: KindSupplier, By: with(contracts, writes)},
	"supplier.Merge":              {Kind: KindSupplier, By: with(contracts, writes)},
	"overview.Suppliers":          {Kind: KindSupplier, By: with(buys, reads)},
	"overview.Supplier":           {Kind: KindSupplier, By: with(buys, reads)},
	"overview.SystemSupplier":     {Kind: KindSupplier, By: buys},
	"overview.SupplierHistory":    {Kind: KindSupplier, By: sees},

	"report.Processings": {Kind: KindReport, By: sees, StepUp: true},
	"report.Suppliers":   {Kind: KindReport, By: append(slices.Clone(oversees), Grant{Procurer, All}), StepUp: true},

	"processing.List":      {Kind: KindProcessing, By: with(sees, reads)},
	"processing.Open":      {Kind: KindProcessing, By: with(sees, reads)},
	"processing.Edit":      {Kind: KindProcessing, By: with(classifies, writes)},
	"processing.Create":    {Kind: KindProcessing, By: with(classifies, writes)},
	"processing.Save":      {Kind: KindProcessing, By: with(classifies, writes)},
	"processing.Link":      {Kind: KindProcessing, By: with(classifies, writes)},
	"processing.Prefill":   {Kind: KindProcessing, By: with(classifies, writes)},
	"processing.Delete":    {Kind: KindProcessing, By: steers},
	"processing.Common":    {Kind: KindProcessing, By: with(sees, reads)},
	"processing.SetCommon": {Kind: KindProcessing, By: steers},

	"classification.Open":            {Kind: KindClassification, By: with(sees, reads), Weakness: true},
	"classification.SetInformation":  {Kind: KindClassification, By: with(classifies, writes)},
	"classification.Answer":          {Kind: KindClassification, By: with(classifies, writes)},
	"classification.Adjust":          {Kind: KindClassification, By: classifies},
	"classification.Decide":          {Kind: KindClassification, By: decides},
	"classification.Unanswer":        {Kind: KindClassification, By: with(classifies, writes)},
	"classification.Restart":         {Kind: KindClassification, By: classifies},
	"classification.Reopen":          {Kind: KindClassification, By: steers},
	"classification.Delegate":        {Kind: KindClassification, By: classifies},
	"classification.Recall":          {Kind: KindClassification, By: classifies},
	"classification.Delegated":       {Kind: KindClassification, By: itself},
	"classification.AnswerDelegated": {Kind: KindClassification, By: itself},
	"classification.Models":          {Kind: KindClassification, By: with(knows, reads)},
	"classification.AddModel":        {Kind: KindClassification, By: steers},
	"classification.ChooseModel":     {Kind: KindClassification, By: steers},

	"register.Preview": {Kind: KindImport, By: with(steers, writes)},
	"register.Import":  {Kind: KindImport, By: with(steers, writes)},
	"register.Undo":    {Kind: KindImport, By: with(steers, writes)},
	"register.Keep":    {Kind: KindImport, By: steers},
	"register.Kept":    {Kind: KindImport, By: steers},
	"register.Uploads": {Kind: KindImport, By: steers},
	"register.Choose":  {Kind: KindImport, By: steers},
	"register.Take":    {Kind: KindImport, By: steers},
	"register.Taking":  {Kind: KindImport, By: steers},
	"register.Discard": {Kind: KindImport, By: steers},
	"register.Imports": {Kind: KindImport, By: with(oversees, writes)},

	"evidence.Record":        {Kind: KindEvidence, By: with(manages, writes)},
	"evidence.List":          {Kind: KindEvidence, By: with(works, reads), Weakness: true},
	"evidence.File":          {Kind: KindEvidence, By: sees, Weakness: true},
	"evidence.Tick":          {Kind: KindEvidence, By: itself},
	"evidence.Withdraw":      {Kind: KindEvidence, By: appoints},
	"evidence.CompareAccess": {Kind: KindEvidence, By: with(manages, writes)},
	"evidence.Draft":         {Kind: KindEvidence, By: with(manages, writes)},
	"evidence.Dispute":       {Kind: KindEvidence, By: with(manages, writes)},
	"evidence.Settle":        {Kind: KindEvidence, By: appoints},
	"evidence.Note":          {Kind: KindEvidence, By: with(manages, writes)},

	"measurement.List":          {Kind: KindMeasurement, By: with(works, reads), Weakness: true},
	"measurement.Open":          {Kind: KindMeasurement, By: sees, Weakness: true},
	"measurement.Propose":       {Kind: KindMeasurement, By: manages},
	"measurement.Ask":           {Kind: KindMeasurement, By: manages},
	"measurement.Measure":       {Kind: KindMeasurement, By: with(manages, writes)},
	"measurement.End":           {Kind: KindMeasurement, By: manages},
	"measurement.Plan":          {Kind: KindMeasurement, By: manages},
	"measurement.Stop":          {Kind: KindAgent, By: with(guards, []Grant{{SystemOwner, Below}, {SystemManager, Own}})},
	"measurement.Resume":        {Kind: KindAgent, By: guards, StepUp: true},
	"measurement.SignInLogs":    {Kind: KindMeasurement, By: oversees, Weakness: true},
	"measurement.TakeLog":       {Kind: KindMeasurement, By: steers},
	"measurement.Match":         {Kind: KindMeasurement, By: steers},
	"measurement.SaveMapping":   {Kind: KindMeasurement, By: steers},
	"measurement.Agents":        {Kind: KindAgent, By: guards},
	"measurement.AddAgent":      {Kind: KindAgent, By: guards, StepUp: true},
	"measurement.RevokeAgent":   {Kind: KindAgent, By: guards},
	"measurement.Networks":      {Kind: KindAgent, By: guards},
	"measurement.AskNetwork":    {Kind: KindAgent, By: guards, StepUp: true},
	"measurement.EndNetwork":    {Kind: KindAgent, By: guards},
	"measurement.AllowScripts":  {Kind: KindAgent, By: []Grant{{Administrator, All}}, StepUp: true},
	"measurement.ForbidScripts": {Kind: KindAgent, By: guards},
	"measurement.Tasks":         {Kind: KindAgent, By: measures},
	"measurement.Begin":         {Kind: KindAgent, By: measures},
	"measurement.Deliver":       {Kind: KindAgent, By: measures},
	"measurement.Tick":          {Kind: KindMeasurement, By: itself},

	"requirement.View":      {Kind: KindRequirement, By: with(works, reads), Weakness: true},
	"requirement.Component": {Kind: KindRequirement, By: with(knows, reads)},
	"requirement.Follows":   {Kind: KindRequirement, By: classifies},
	"requirement.Answer":    {Kind: KindRequirement, By: with(manages, writes)},
	"requirement.SetFigure": {Kind: KindRequirement, By: steers},

	"action.Plan":   {Kind: KindAction, By: with(works, reads), Weakness: true},
	"action.List":   {Kind: KindAction, By: with(works, reads), Weakness: true},
	"action.Doers":  {Kind: KindAction, By: with(manages, writes)},
	"action.Save":   {Kind: KindAction, By: with(manages, writes)},
	"action.Board":  {Kind: KindAction, By: works, Weakness: true},
	"action.Move":   {Kind: KindAction, By: with(manages, writes)},
	"action.Review": {Kind: KindAction, By: itself},

	"procurement.Annex":   {Kind: KindProcurement, By: with(buys, reads)},
	"procurement.Choose":  {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.Systems": {Kind: KindProcurement, By: with(buys, reads)},

	"procurement.Purchase":       {Kind: KindProcurement, By: with(buys, reads)},
	"procurement.EditPurchase":   {Kind: KindProcurement, By: procures},
	"procurement.SavePurchase":   {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.RemovePurchase": {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.MakeSystem":     {Kind: KindProcurement, By: with(manages, writes)},
	"procurement.AddOwn":         {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.RemoveOwn":      {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.Freeze":         {Kind: KindProcurement, By: with(procures, writes)},
	"procurement.Versions":       {Kind: KindProcurement, By: with(buys, reads)},

	"procurement.Supplied":       {Kind: KindProcurement, By: sees, Weakness: true},
	"procurement.AskSupplier":    {Kind: KindProcurement, By: appoints},
	"procurement.RecallSupplier": {Kind: KindProcurement, By: appoints},
	"procurement.Posed":          {Kind: KindProcurement, By: itself},
	"procurement.AnswerPosed":    {Kind: KindProcurement, By: itself},
	"procurement.SendPosed":      {Kind: KindProcurement, By: itself},
	"procurement.AttachPosed":    {Kind: KindProcurement, By: itself},
	"procurement.DelegatePosed":  {Kind: KindProcurement, By: itself},
	"procurement.Tick":           {Kind: KindProcurement, By: itself},
	"procurement.ConsentPosed":   {Kind: KindProcurement, By: itself},
	"procurement.Exchange":       {Kind: KindProcurement, By: itself},
	"procurement.EndSharing":     {Kind: KindProcurement, By: appoints},
	"procurement.SeeShared":      {Kind: KindProcurement, By: appoints},
	"procurement.Differences":    {Kind: KindProcurement, By: contracts}, // what a supplier says of itself, and nothing of how well the organisation does
	"procurement.Receipt":        {Kind: KindProcurement, By: itself},
	"procurement.TakeBack":       {Kind: KindProcurement, By: itself},
	"procurement.AcceptReplies":  {Kind: KindProcurement, By: appoints},
	"procurement.Attachment":     {Kind: KindProcurement, By: sees, Weakness: true},

	// What bidders answer before there is a contract is no weakness of a system, so who procures runs it. It is read by those who do and by
	// nobody else, the auditor and the executives not before it is decided: what is in a bid is secret until then (OSL 19 kap. 3 §).
	"procurement.StartTender":   {Kind: KindProcurement, By: procures},
	"procurement.Tender":        {Kind: KindProcurement, By: procures},
	"procurement.WeighTender":   {Kind: KindProcurement, By: procures},
	"procurement.FreezeTender":  {Kind: KindProcurement, By: procures},
	"procurement.InviteBidder":  {Kind: KindProcurement, By: procures},
	"procurement.RecallBidder":  {Kind: KindProcurement, By: procures},
	"procurement.OpenBids":      {Kind: KindProcurement, By: procures},
	"procurement.AwardBid":      {Kind: KindProcurement, By: procures},
	"procurement.BidAttachment": {Kind: KindProcurement, By: procures},

	"risk.List":        {Kind: KindRisk, By: with(sees, reads), Weakness: true},
	"risk.Open":        {Kind: KindRisk, By: with(sees, reads), Weakness: true},
	"risk.Risk":        {Kind: KindRisk, By: with(sees, reads), Weakness: true},
	"risk.Save":        {Kind: KindRisk, By: decides},
	"risk.Remove":      {Kind: KindRisk, By: decides},
	"risk.Screen":      {Kind: KindRisk, By: classifies},
	"risk.Describe":    {Kind: KindRisk, By: classifies},
	"risk.GiveOpinion": {Kind: KindRisk, By: []Grant{{DataProtection, All}}},
	"risk.Rule":        {Kind: KindRisk, By: decides},

	"workshop.List":        {Kind: KindRisk, By: sees, Weakness: true},
	"workshop.Open":        {Kind: KindRisk, By: sees, Weakness: true},
	"workshop.Watch":       {Kind: KindRisk, By: sees},
	"workshop.Plan":        {Kind: KindRisk, By: decides},
	"workshop.Start":       {Kind: KindRisk, By: decides},
	"workshop.AddScenario": {Kind: KindRisk, By: decides},
	"workshop.Ask":         {Kind: KindRisk, By: decides},
	"workshop.Reveal":      {Kind: KindRisk, By: decides},
	"workshop.Decide":      {Kind: KindRisk, By: decides},
	"workshop.Close":       {Kind: KindRisk, By: decides},
	"workshop.Join":        {Kind: KindRisk, By: itself}, // by a code, in a workshop that is open
	"workshop.Poll":        {Kind: KindRisk, By: itself},
	"workshop.Vote":        {Kind: KindRisk, By: itself},

	"incident.List":         {Kind: KindIncident, By: learns, Weakness: true},
	"incident.Open":         {Kind: KindIncident, By: learns, Weakness: true},
	"incident.Affected":     {Kind: KindIncident, By: learns, Weakness: true},
	"incident.Report":       {Kind: KindIncident, By: slices.Concat(responds, writes, itself)}, // programs that see one first, and the program itself when a finding may be one
	"incident.Save":         {Kind: KindIncident, By: responds},
	"incident.SetSystems":   {Kind: KindIncident, By: responds},
	"incident.Decide":       {Kind: KindIncident, By: responds},
	"incident.SaveMeasure":  {Kind: KindIncident, By: responds},
	"incident.DrillReport":  {Kind: KindIncident, By: learns},
	"incident.Pack":         {Kind: KindIncident, By: hands, StepUp: true, Weakness: true},
	"incident.SupplierPack": {Kind: KindIncident, By: hands, StepUp: true, Weakness: true},
	"incident.SystemPack":   {Kind: KindIncident, By: hands, StepUp: true, Weakness: true},

	"report.Account": {Kind: KindReport, By: sees, StepUp: true, Weakness: true},
	"report.Systems": {Kind: KindReport, By: sees},
	"report.Units":   {Kind: KindReport, By: sees},
	"report.Choices": {Kind: KindReport, By: buys},
	"report.Write":   {Kind: KindReport, By: buys, StepUp: true, Weakness: true},

	"provider.List":      {Kind: KindSignIn, By: inspects},
	"provider.Open":      {Kind: KindSignIn, By: inspects},
	"provider.Pending":   {Kind: KindSignIn, By: inspects},
	"provider.Levels":    {Kind: KindSignIn, By: inspects},
	"provider.Add":       {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.Change":    {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.Enable":    {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.Disable":   {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.Try":       {Kind: KindSignIn, By: runs},
	"oidc.Keys":          {Kind: KindSignIn, By: inspects},
	"oidc.PendingKeys":   {Kind: KindSignIn, By: inspects},
	"oidc.RotateKeys":    {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.Guard":     {Kind: KindSignIn, By: inspects},
	"provider.SetGuard":  {Kind: KindSignIn, By: runs, StepUp: true},
	"provider.SetLevels": {Kind: KindSignIn, By: runs, StepUp: true},

	"saml.Keys":          {Kind: KindSignIn, By: inspects},
	"saml.PendingKeys":   {Kind: KindSignIn, By: inspects},
	"saml.State":         {Kind: KindSignIn, By: inspects},
	"saml.NewKey":        {Kind: KindSignIn, By: runs, StepUp: true},
	"saml.UseKey":        {Kind: KindSignIn, By: runs, StepUp: true},
	"saml.RemoveKey":     {Kind: KindSignIn, By: runs, StepUp: true},
	"saml.SetMetadata":   {Kind: KindSignIn, By: runs, StepUp: true},
	"saml.FetchMetadata": {Kind: KindSignIn, By: runs},

	// A campaign is led by the coordinator, and answered by those who head the units and own the systems, or by a link.
	"campaign.List":         {Kind: KindCampaign, By: with(sees, reads), Weakness: true},
	"campaign.Open":         {Kind: KindCampaign, By: with(sees, reads), Weakness: true},
	"campaign.Choose":       {Kind: KindCampaign, By: steers},
	"campaign.Begin":        {Kind: KindCampaign, By: steers},
	"campaign.Dispatch":     {Kind: KindCampaign, By: steers},
	"campaign.Assign":       {Kind: KindCampaign, By: steers},
	"campaign.Reopen":       {Kind: KindCampaign, By: steers},
	"campaign.Remind":       {Kind: KindCampaign, By: steers},
	"campaign.Freeze":       {Kind: KindCampaign, By: steers, StepUp: true},
	"campaign.Correct":      {Kind: KindCampaign, By: steers},
	"campaign.Sheet":        {Kind: KindCampaign, By: with(sees, itself), Weakness: true},
	"campaign.Linked":       {Kind: KindCampaign, By: itself},
	"campaign.Answer":       {Kind: KindCampaign, By: with(replies, itself)},
	"campaign.HandIn":       {Kind: KindCampaign, By: with(replies, itself)},
	"campaign.Delegate":     {Kind: KindCampaign, By: with(replies, itself)},
	"campaign.Take":         {Kind: KindCampaign, By: with(replies, itself)},
	"campaign.Posed":        {Kind: KindCampaign, By: itself},
	"campaign.AnswerPosed":  {Kind: KindCampaign, By: itself},
	"campaign.Tick":         {Kind: KindCampaign, By: itself},
	"campaign.Wheel":        {Kind: KindCampaign, By: with(sees, reads)},
	"campaign.SaveActivity": {Kind: KindCampaign, By: steers},
	"campaign.EndActivity":  {Kind: KindCampaign, By: steers},
	"campaign.Done":         {Kind: KindCampaign, By: steers},

	"followup.List":     {Kind: KindIndicator, By: with(sees, reads), Weakness: true},
	"followup.Open":     {Kind: KindIndicator, By: with(sees, reads), Weakness: true},
	"followup.Raise":    {Kind: KindIndicator, By: sees, Weakness: true},
	"followup.Snapshot": {Kind: KindIndicator, By: with(steers, itself)},

	"national.Preview": {Kind: KindNational, By: steers, Weakness: true},
	"national.Submit":  {Kind: KindNational, By: steers, StepUp: true},
	// Which suppliers it depends on tells where an organisation can be hurt.
	"national.PreviewConcentration": {Kind: KindNational, By: steers, Weakness: true},
	"national.SubmitConcentration":  {Kind: KindNational, By: steers, StepUp: true},
	"national.Concentration":        {Kind: KindNational, By: with(with(counts, knows), with(runs, reads))},
	"national.OpenConcentration":    {Kind: KindNational, By: itself},

	"national.Sharing":    {Kind: KindNational, By: with(steers, runs)},
	"national.SetSharing": {Kind: KindNational, By: steers, StepUp: true},
	"national.Receive":    {Kind: KindNational, By: with(runs, itself)},
	"national.Trust":      {Kind: KindNational, By: runs, StepUp: true},
	"national.Keys":       {Kind: KindNational, By: inspects},
	"national.AskKey":     {Kind: KindNational, By: runs, StepUp: true},
	"national.Publish":    {Kind: KindNational, By: runs, StepUp: true},
	"national.PublishDue": {Kind: KindNational, By: itself},
	"national.Sums":       {Kind: KindNational, By: with(counts, runs)},
	"national.Recount":    {Kind: KindNational, By: with(counts, runs)},
	"national.Fill":       {Kind: KindNational, By: runs, StepUp: true},
	"national.Open":       {Kind: KindNational, By: itself},
	// Others' figures are fetched from the address that somebody names, so they must just have shown who they are.
	"national.References":      {Kind: KindNational, By: with(with(counts, knows), with(runs, reads))},
	"national.Reference":       {Kind: KindNational, By: with(with(counts, knows), with(runs, reads))},
	"national.OpenFetch":       {Kind: KindNational, By: with(with(counts, steers), runs)},
	"national.AskFetch":        {Kind: KindNational, By: with(counts, runs), StepUp: true},
	"national.FetchNow":        {Kind: KindNational, By: runs, StepUp: true},
	"national.Illustrate":      {Kind: KindNational, By: steers},
	"national.Fetch":           {Kind: KindNational, By: itself},
	"national.SetReference":    {Kind: KindNational, By: with(counts, runs)},
	"national.RemoveReference": {Kind: KindNational, By: with(counts, runs), StepUp: true},
	"national.Divide":          {Kind: KindNational, By: with(counts, runs), StepUp: true},
	"national.Picture":         {Kind: KindNational, By: with(with(counts, knows), with(runs, reads))},

	"whatif.List":        {Kind: KindNational, By: with(with(sees, counts), reads)},
	"whatif.Load":        {Kind: KindRule, By: with(steers, writes)},
	"whatif.Remove":      {Kind: KindRule, By: with(steers, writes)},
	"whatif.Open":        {Kind: KindRequirement, By: with(sees, reads), Weakness: true},
	"whatif.Requirement": {Kind: KindRequirement, By: with(sees, reads), Weakness: true},
	"whatif.Weigh":       {Kind: KindRequirement, By: sees, Weakness: true},
	"whatif.Nation":      {Kind: KindNational, By: with(with(sees, counts), reads)},
	"whatif.Held":        {Kind: KindNational, By: with(counts, runs)},

	"overview.Brief":           {Kind: KindIndicator, By: leads, Weakness: true},
	"overview.Home":            {Kind: KindSystem, By: works, Weakness: true},
	"overview.List":            {Kind: KindSystem, By: with(works, reads), Weakness: true},
	"overview.System":          {Kind: KindSystem, By: with(works, reads), Weakness: true},
	"overview.Requirements":    {Kind: KindRequirement, By: with(works, reads), Weakness: true},
	"overview.History":         {Kind: KindLog, By: sees, Weakness: true},
	"overview.AsItWas":         {Kind: KindLog, By: sees, Weakness: true},
	"overview.Log":             {Kind: KindLog, By: with(oversees, fetches), Weakness: true},
	"overview.CheckLog":        {Kind: KindLog, By: oversees},
	"overview.Consistency":     {Kind: KindLog, By: oversees},
	"overview.ExportLog":       {Kind: KindLog, By: with(oversees, fetches), StepUp: true, Weakness: true},
	"overview.Rules":           {Kind: KindRule, By: with(knows, reads)},
	"overview.Evidence":        {Kind: KindEvidence, By: works, Weakness: true},
	"overview.Clashes":         {Kind: KindEvidence, By: works, Weakness: true},
	"overview.Change":          {Kind: KindEvidence, By: works, Weakness: true},
	"overview.Confirm":         {Kind: KindEvidence, By: manages},
	"overview.Strong":          {Kind: KindEvidence, By: works, Weakness: true},
	"overview.Todo":            {Kind: KindAction, By: works, Weakness: true},
	"overview.Chores":          {Kind: KindTodo, By: with(knows, runs)}, // who only runs the program is reminded of its keys, and procurement of what suppliers say
	"overview.SaveView":        {Kind: KindSystem, By: works},
	"overview.Views":           {Kind: KindSystem, By: works},
	"overview.RemoveView":      {Kind: KindSystem, By: works},
	"overview.ExportStrong":    {Kind: KindEvidence, By: works, StepUp: true, Weakness: true},
	"overview.ExportList":      {Kind: KindSystem, By: works, StepUp: true, Weakness: true},
	"overview.Snooze":          {Kind: KindTodo, By: with(knows, runs)},
	"overview.Search":          {Kind: KindRule, By: knows},
	"overview.Rule":            {Kind: KindRule, By: with(knows, reads)},
	"overview.Requirement":     {Kind: KindRequirement, By: with(works, reads), Weakness: true},
	"overview.Information":     {Kind: KindInformation, By: with(knows, reads)},
	"overview.InformationType": {Kind: KindInformation, By: with(knows, reads)},

	"finding.Inbox":      {Kind: KindFinding, By: with(finds, reads), Weakness: true},
	"finding.Place":      {Kind: KindFinding, By: finds, Weakness: true},
	"finding.Decide":     {Kind: KindFinding, By: triages},
	"finding.Dispute":    {Kind: KindFinding, By: finds},
	"finding.Give":       {Kind: KindFinding, By: triages},
	"finding.Look":       {Kind: KindFinding, By: uncovers, StepUp: true, Weakness: true},
	"finding.FalseRules": {Kind: KindFinding, By: with(finds, reads)},
	"finding.EndRule":    {Kind: KindFinding, By: triages},
	"finding.List":       {Kind: KindSource, By: finds},
	"finding.Open":       {Kind: KindSource, By: finds},
	"finding.Unread":     {Kind: KindSource, By: finds},
	"finding.Form":       {Kind: KindSource, By: searches},
	"finding.Add":        {Kind: KindSource, By: searches, StepUp: true},
	"finding.Change":     {Kind: KindSource, By: searches},
	"finding.Pause":      {Kind: KindSource, By: searches},
	"finding.Start":      {Kind: KindSource, By: searches},
	"finding.Stop":       {Kind: KindSource, By: searches},
	"finding.Work":       {Kind: KindSource, By: itself},
	"finding.Tick":       {Kind: KindSource, By: itself},

	"overview.Measures":          {Kind: KindRequirement, By: sees},
	"overview.ProcessingHistory": {Kind: KindLog, By: sees},
}
