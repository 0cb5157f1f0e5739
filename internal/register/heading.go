// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"strings"
	"sync"
	"unicode"

	"github.com/insegel/insegel/internal/locale"
)

// The fields that a column can hold.
const (
	Name               = "name"
	Unit               = "unit"
	OwnerRole          = "owner_role"
	ManagerRole        = "manager_role"
	Supplier           = "supplier"
	Hosting            = "hosting"
	Kind               = "kind"
	ServiceName        = "service"
	Audience           = "audience"
	State              = "state"
	Criticality        = "criticality"
	PersonalData       = "personal_data"
	SpecialCategory    = "special_category"
	Users              = "users"
	DataSubjects       = "data_subjects"
	ContractEnd        = "contract_end"
	Login              = "login"
	Address            = "address"
	Information        = "information"
	Classified         = "classified"
	Confidentiality    = "level_confidentiality"
	Integrity          = "level_integrity"
	Availability       = "level_availability"
	Traceability       = "level_traceability"
	ProcessorAgreement = "processor_agreement"
	ThirdCountry       = "third_country"
	Comment            = "comment"
)

// Fields are the fields that a column can hold, in the order that they are offered.
var Fields = []string{
	Name, Unit, OwnerRole, ManagerRole, Supplier, Hosting, Kind, ServiceName, Audience, State, Criticality, PersonalData,
	SpecialCategory, Users, DataSubjects, ContractEnd, Login, Address, Information, Classified, Confidentiality, Integrity,
	Availability, Traceability, ProcessorAgreement, ThirdCountry, Comment,
}

// KnownField reports whether a column can hold the field. "" is a column that is not used.
func KnownField(field string) bool {
	if field == "" {
		return true
	}
	for _, f := range Fields {
		if f == field {
			return true
		}
	}
	return false
}

// headingRule says how a field's column may be headed, in Swedish and English.
type headingRule struct {
	field string
	// exact are whole headings, parted by "|", by how sure they make us.
	exact []weighted
	// parts are pieces that all stand in a heading ("system+ägare"), parted by "|".
	parts string
	// not are pieces that, when one stands in the heading, make it speak of something else.
	not string
}

type weighted struct {
	sure  float64
	texts string
}

// partSure is how sure a heading makes us when only pieces of it are known.
const partSure = 0.75

// personal are pieces of headings about how to reach somebody, or a number of something: never what a field holds.
const personal = "e post|epost|mejl|mail|telefon| tel |phone|mobil|org nr|orgnr|organisationsnummer|fakturering"

// headingRules are written the way heading() writes headings: lower case, words and spaces, no parentheses.
var headingRules = []headingRule{
	{
		field: Name,
		exact: []weighted{
			{1, "systemnamn|systemets namn|namn på system|namn på systemet|system name|systemname|name of system"},
			{0.95, "system|it system|namn|name|applikation|applikationsnamn|application|application name|app name|systembenämning|informationssystem|information system|it systemets namn"},
			{0.85, "objekt|objektnamn|systemobjekt|program|programnamn|programvara|software|software name|app|verksamhetssystem|it objekt|it tjänst|it service|it lösning|benämning|objektsnamn"},
			{0.7, "produkt|produktnamn|product|product name|tjänstenamn|service name|titel|title|lösning|solution"},
		},
		parts: "system+namn|applikation+namn|system+name|application+name",
		not:   "ägare|förvaltare|leverantör|användarnamn|owner|vendor|manager|supplier|user|kort|server|databas|database|kontakt|contact| id | nr ",
	},
	{
		field: Unit,
		exact: []weighted{
			{1, "förvaltning|förvaltning avdelning|förvaltning enhet|department|unit|nämnd|förv"},
			{0.9, "avdelning|enhet|organisation|organisationsenhet|nämnd förvaltning|ansvarig förvaltning|ansvarig enhet|ägande förvaltning|division|business unit|organisational unit|organizational unit|org unit|org enhet|förvaltning bolag|avd|sektor|verksamhetsområde|förvaltningsområde"},
			{0.7, "verksamhet|bolag|kontor|sector|business area|organization|tillhörighet"},
		},
		parts: "förvaltning+avdelning|ansvarig+förvaltning|department|nämnd|organisat+enhet|förvaltning|avdelning",
		not:   "förvaltningsobjekt|förvaltare|förvaltnings|förvaltningsledare|modell|plan|status|teknisk|antal|chef|ansvarig person|datum",
	},
	{
		field: OwnerRole,
		exact: []weighted{
			{1, "systemägare|system owner|systemowner|systemägarroll"},
			{0.9, "ägare|owner|objektägare|business owner|application owner|applikationsägare|verksamhetsägare|owner role|ägare i verksamheten|product owner|produktägare|förvaltningsobjektägare"},
			{0.6, "ansvarig|ansvarig chef|responsible|ansvarig roll|accountable"},
			{0.5, "informationsägare|information owner"},
		},
		parts: "systemägar|objektägar|ägare|owner",
		not:   "information|biträdande|ställföreträdande|teknisk|technical|process|risk|avtal|contract|data owner",
	},
	{
		field: ManagerRole,
		exact: []weighted{
			{1, "systemförvaltare|system manager|systemmanager"},
			{0.9, "förvaltare|objektförvaltare|förvaltningsledare|applikationsförvaltare|application manager|manager|systemadministratör|system administrator|förvaltningsansvarig"},
			{0.7, "systemansvarig|administratör|administrator|maintainer|system responsible|objektspecialist"},
		},
		parts: "systemförvalt|förvaltare|application+manager|system+manager",
		not:   "teknisk|technical| it |leverantör|supplier|vendor|project|projekt|account|kund",
	},
	{
		field: Supplier,
		exact: []weighted{
			{1, "leverantör|supplier|vendor|systemleverantör"},
			{0.9, "lev|leverantörens namn|leverantörsnamn|leverantör namn|vendor name|supplier name|provider|avtalspart|leverantörer|vendors|suppliers|huvudleverantör"},
			{0.65, "tillverkare|manufacturer|company|personuppgiftsbiträde|biträde|processor"},
		},
		parts: "leverantör|vendor|supplier",
		not:   "kontakt|contact|bedömning|krav|requirement| nr |number| id |uppföljning|avtal|agreement|contract|under|sub|url|adress|address|land|country|drift|hosting|support|risk|typ|type|granskning",
	},
	{
		field: Hosting,
		exact: []weighted{
			{1, "driftform|driftsform|hosting|hosting model"},
			{0.9, "drift|driftmodell|driftmiljö|driftsmiljö|driftlösning|driftställe|deployment|deployment model|hosting type|leveransform|leveransmodell|delivery model|moln eller lokalt|driftas av"},
			{0.7, "moln|molntjänst|cloud|cloud service|on prem|on premise|on premises|saas|lokalt moln|placering|hosted by|intern extern|driftleverantör|saas on prem"},
		},
		parts: "drift+form|hosting|driftas|deployment|molntjänst|drift+intern|driftsform|leveransform",
		not:   "driftstart|drifttag|driftsatt|datum|date|störning|kontakt|avtal|stopp|kostnad|cost|year|år ",
	},
	{
		field: Kind,
		exact: []weighted{
			{1, "systemtyp|system type|typ av system|type of system"},
			{0.8, "typ|type|kategori|category|systemkategori|kind|application type|applikationstyp|objekttyp|systemslag"},
		},
		parts: "typ av+system|system+typ|system+kategori|type of+application",
		not:   "avtal|contract|personuppgift|personal|information|inlogg|data",
	},
	{
		field: ServiceName,
		exact: []weighted{
			{0.9, "e tjänstens namn|e service name|namn på e tjänst"},
			{0.7, "e tjänst|e tjänster|e service|tjänst|service|stödjer tjänst|supports service"},
		},
		parts: "e tjänst+namn",
		not:   "konto|account",
	},
	{
		field: Audience,
		exact: []weighted{
			{0.95, "målgrupp|målgrupper|audience|target group|target audience"},
			{0.8, "användargrupp|användargrupper|användarkategori|user group|user groups|vilka använder systemet|vem använder systemet|who uses it"},
			{0.55, "användare|users"},
		},
		parts: "målgrupp|användargrupp|user group",
		not:   "antal|number",
	},
	{
		field: State,
		exact: []weighted{
			{1, "livscykel|lifecycle|life cycle|livscykelstatus|lifecycle status|livscykelfas"},
			{0.85, "status|state|fas|phase|stage|systemstatus|system status|förvaltningsstatus|life cycle status|lifecycle stage|lifecycle phase"},
		},
		parts: "livscykel|lifecycle|life cycle|system+status",
		not:   "avtal|contract|klass|class|pub|projekt|project|ärende|risk|gdpr|datum|date|dpia",
	},
	{
		field: Criticality,
		exact: []weighted{
			{1, "verksamhetskritikalitet|kritikalitet|criticality|business criticality"},
			{0.85, "verksamhetskritisk|verksamhetskritiskt|kritisk|kritiskt|critical|business critical|hur verksamhetskritiskt|samhällsviktig|samhällsviktigt"},
			{0.6, "prioritet|priority|viktighet|importance|prio"},
		},
		parts: "kritisk|kritikalitet|critical",
		not:   "incident|sårbarhet|vulnerab|datum|date",
	},
	{
		field: PersonalData,
		exact: []weighted{
			{1, "personuppgifter|personal data|innehåller personuppgifter|hanterar personuppgifter|behandlar personuppgifter|contains personal data"},
			{0.85, "personuppgift|pii|pers uppg|personal information|personuppg|processes personal data|finns personuppgifter"},
			{0.65, "gdpr|pu"},
		},
		parts: "personuppg|personal data|personal information| pii ",
		not:   "känslig|särskild|biträde|ansvarig|typ|kategor|art 9|artikel 9|sensitive|special|avtal|agreement|processor|controller|antal|number|vilka|laglig|rättslig|skyddade|incident|land|country|gallring|retention|purpose|ändamål|legal|kopp",
	},
	{
		field: SpecialCategory,
		exact: []weighted{
			{1, "känsliga personuppgifter|sensitive personal data|special categories|special category|special category data|särskilda kategorier|särskilda kategorier av personuppgifter"},
			{0.85, "känsliga pu|känsliga uppgifter|känsliga|sensitive data|sensitive|art 9|artikel 9|article 9|särskilda kategorier personuppgifter|känslig personuppgift|känsliga pers uppg"},
		},
		parts: "känslig+person|känslig+pu|särskilda+kategori|sensitive+data|special+categor|artikel 9|article 9",
		not:   "vilka|which|antal|number|typ",
	},
	{
		field: Users,
		exact: []weighted{
			{1, "antal användare|number of users|user count|no of users|num users|nr of users"},
			{0.9, "antal anv|users|användare|antal användare ca|anv|antal användare totalt|aktiva användare|active users|användarantal"},
		},
		parts: "antal+användare|number+users|count+users|antal+anv ",
		not:   "registrerad|grupp|group|kategori|licens|licence|license|extern|admin",
	},
	{
		field: DataSubjects,
		exact: []weighted{
			{1, "antal registrerade|data subjects|number of data subjects|registrerade"},
			{0.85, "antal registrerade personer|antal individer|antal personer|no of data subjects|data subject count|registered persons"},
		},
		parts: "antal+registrerade|number+data subject",
		not:   "kategor|categor|vilka|which|typ",
	},
	{
		field: ContractEnd,
		exact: []weighted{
			{1, "avtal t o m|avtal tom|avtalsslut|avtal slutdatum|avtalets slutdatum|avtalsslutdatum|contract end|contract end date|contract expiry|avtalet löper ut|avtal löper ut|avtal giltigt till|contract expires"},
			{0.9, "avtal till|avtal till och med|avtalsperiod slut|avtal upphör|avtal gäller till|avtal slut|avtalsslut datum|contract until|contract expiry date|expiry date|expires|expiry|avtal gäller t o m|avtalstid t o m|contract valid until"},
			{0.7, "slutdatum|end date|utgångsdatum|avtalstid|avtalsperiod|contract period|renewal date|giltigt till|valid until|förfallodatum"},
			{0.55, "avtal|avtalsdatum|contract|agreement|contract date"},
		},
		parts: "avtal+slut|avtal+t o m|avtal+tom|avtal+till|avtal+upphör|avtal+löper|avtal+utgång|avtal+giltig|contract+end|contract+expir|contract+until|avtal+t om",
		not:   "pub|biträd|start|from|fr o m|nummer| nr |number|ägare|owner|uppsägning|notice|förlängning|extension|option|tecknat|signed|processor|dpa|typ|type|ansvarig|kontakt|contact person|länk|link|värde|value|license|licens",
	},
	{
		field: Login,
		exact: []weighted{
			{1, "inloggning|login|inloggningsmetod|login method|inloggningssätt|authentication|autentisering"},
			{0.9, "inlogg|log in|logon|sign in|sign in method|autentiseringsmetod|authentication method|inloggningstyp|login type|inloggning via|hur loggar man in"},
			{0.6, "sso|mfa|identifiering|e legitimation|federation"},
		},
		parts: "inlogg|autentis|authentic|login|sign in",
		not:   "url|adress|address|sida|page|länk|link|antal|number|logg |senaste|last",
	},
	{
		field: Address,
		exact: []weighted{
			{1, "startadress|url|webbadress|web address|system url"},
			{0.9, "länk|länk till system|länk till systemet|link|webbsida|website|web site|inloggningsadress|inloggningssida|login url|login page|hemsida|start url|webb|web|adress till systemet|uri"},
			{0.7, "adress|address"},
		},
		parts: "url|webbadress|web+address|inloggning+adress|inloggning+länk|inloggning+sida|start+adress|länk+system|link+system",
		not:   "ip adress|ip address|besök|postadress|leverantör|vendor|supplier|avtal|contract|dokument|document|manual|handbok|gatu|support",
	},
	{
		field: Information,
		exact: []weighted{
			{1, "vilken information hanteras|information som hanteras|informationsmängder|informationsmängd|informationstyper|informationstyp|information handled|information types"},
			{0.85, "information|typ av information|uppgifter|innehåll|data|datatyper|data types|content|contents|informationsinnehåll|type of information|type of data|data processed|information i systemet|vilka uppgifter|vilka personuppgifter|data held"},
			{0.6, "kategorier av personuppgifter|categories of personal data|typ av personuppgifter|types of personal data|personuppgifter|personal data"},
		},
		parts: "information+hanter|informationsmängd|informationstyp|information+typ|typ av+uppgift|vilka+uppgifter|vilken+information|data+processed|information+type",
		not:   "klass|class|ägare|owner|säkerhet|security|antal|number|övrig|other|känslig|sensitive|kontakt",
	},
	{
		field: Classified,
		exact: []weighted{
			{1, "informationsklassad senaste året|informationsklassad|klassad|classified|klassad senaste året|classified last year|classified in the last year"},
			{0.85, "informationsklassning genomförd|informationsklassning gjord|klassning genomförd|klassning gjord|klassificerad|information classified|klassning|informationsklassning|informationsklassificering|classification done|classification|ik gjord"},
		},
		parts: "klassad|klassning+genomför|klassning+gjord|klassning+utförd|klassning+klar|klassificerad|classified|classification+done",
		not:   "datum|date|nivå|level|av vem|by whom|ansvarig|nästa|next|giltig|valid|länk|link|värde",
	},
	{
		field: Confidentiality,
		exact: []weighted{
			{1, "konfidentialitet|confidentiality"},
			{0.9, "konf|conf|k nivå|nivå k|k värde|k klass|konfidentialitetsnivå|c level|c nivå|klass k|konfidentialitet k|confidentiality c|konfidentialitet nivå|sekretessnivå|klassning k"},
		},
		parts: "konfidential|confidential",
		not:   "motiv|kommentar|comment|reason|datum|avtal|agreement",
	},
	{
		field: Integrity,
		exact: []weighted{
			{1, "riktighet|integrity"},
			{0.9, "rikt|r nivå|nivå r|r värde|r klass|riktighetsnivå|i level|klass r|riktighet r|integrity i|data integrity|integ|riktighet nivå|klassning r"},
		},
		parts: "riktighet|integrity",
		not:   "motiv|kommentar|comment|reason|datum",
	},
	{
		field: Availability,
		exact: []weighted{
			{1, "tillgänglighet|availability"},
			{0.9, "tillg|t nivå|nivå t|t värde|t klass|tillgänglighetsnivå|a level|klass t|tillgänglighet t|availability a|avail|tillgänglighet nivå|klassning t"},
		},
		parts: "tillgänglighet+nivå|tillgänglighet+klass|availability+level|availability+class",
		not:   "motiv|kommentar|comment|reason|datum|digital|webb|wcag|redogörelse|krav",
	},
	{
		field: Traceability,
		exact: []weighted{
			{1, "spårbarhet|traceability"},
			{0.9, "spår|s nivå|nivå s|s värde|s klass|spårbarhetsnivå|klass s|spårbarhet s|traceability t|trace|spårbarhet nivå|klassning s"},
		},
		parts: "spårbarhet|traceability",
		not:   "motiv|kommentar|comment|reason|datum|logg",
	},
	{
		field: ProcessorAgreement,
		exact: []weighted{
			{1, "pub avtal|puba|personuppgiftsbiträdesavtal|biträdesavtal|processor agreement|data processing agreement|dpa|data processor agreement"},
			{0.9, "pub avtal finns|pub avtal tecknat|pubavtal|pu biträdesavtal|pu avtal|pua|pub|dpa signed|dpa in place|biträdesavtal finns|pub avtal upprättat"},
		},
		parts: "biträdesavtal|pub avtal|pubavtal|processor agreement|processing agreement|processor+agreement",
		not:   "länk|link|under|sub| nr |diarie|number|ansvarig",
	},
	{
		field: ThirdCountry,
		exact: []weighted{
			{1, "tredjeland|tredje land|tredjelandsöverföring|third country|third country transfer|överföring till tredje land|överföring till tredjeland"},
			{0.85, "överföring tredjeland|transfer to third country|utanför eu|utanför ees|utanför eu ees|outside eu|outside eea|outside eu eea|data utanför eu|data utanför eu ees"},
		},
		parts: "tredjeland|tredje land|third countr|utanför+eu|utanför+ees|outside+eu|outside+eea",
		not:   "vilket|vilka|which|grund|basis|skydd|safeguard",
	},
	{
		field: Comment,
		exact: []weighted{
			{1, "kommentar|kommentarer|comment|comments|anmärkning|anteckning|anteckningar|notering|noteringar|övrigt|note|notes|remark|remarks"},
			{0.8, "not|övrig information|fritext|övriga upplysningar|other|other information|anm|övriga kommentarer"},
			{0.5, "beskrivning|description|systembeskrivning|syfte|purpose|kort beskrivning"},
		},
		parts: "kommentar|comment|anteckning|anmärkning",
		not:   "klass|class|pub|risk|avtal|drift|inlogg|leverantör",
	},
}

// lookup is headingRules made ready once: whole headings to the fields they may be.
var lookup = sync.OnceValue(func() map[string][]guess {
	m := map[string][]guess{}
	for _, r := range headingRules {
		for _, w := range r.exact {
			for _, text := range strings.Split(w.texts, "|") {
				m[text] = append(m[text], guess{r.field, w.sure})
			}
		}
	}
	return m
})

// maxHeading is longer than any heading, in bytes; a longer text is a cell or an instruction.
const maxHeading = 400

type guess struct {
	field string
	sure  float64
}

// heading writes a heading as words: lower case, no signs, no parentheses with what they hold.
func heading(s string) string {
	plain := words(outsideParentheses(s))
	if plain == "" {
		return words(s)
	}
	return plain
}

func outsideParentheses(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '(', '[':
			depth++
			b.WriteByte(' ')
		case ')', ']':
			depth = max(0, depth-1)
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

func words(s string) string {
	return strings.Join(strings.FieldsFunc(locale.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// headingGuesses are the fields that a heading may mean, by the words alone. Single letters are not here: see levelLetters.
func headingGuesses(s string) []guess {
	if len(s) > maxHeading {
		return nil
	}
	h := heading(s)
	if h == "" {
		return nil
	}
	if g, ok := lookup()[h]; ok {
		return g
	}
	if g, ok := lookup()[words(s)]; ok {
		return g
	}
	spaced := " " + h + " "
	if containsAny(spaced, personal) {
		return nil
	}
	var out []guess
	for _, r := range headingRules {
		if r.parts != "" && containsAny(spaced, r.parts) && !containsAny(spaced, r.not) {
			out = append(out, guess{r.field, partSure})
		}
	}
	return out
}

// containsAny reports whether one of the alternatives ("a|b+c") has all its pieces in the text.
func containsAny(text, alternatives string) bool {
	if alternatives == "" {
		return false
	}
	for _, alternative := range strings.Split(alternatives, "|") {
		all := true
		for _, piece := range strings.Split(alternative, "+") {
			all = all && strings.Contains(text, piece)
		}
		if all {
			return true
		}
	}
	return false
}

// bestHeading is the field that a heading most likely means by its words, and how sure that is.
func bestHeading(s string) (field string, sure float64) {
	for _, g := range headingGuesses(s) {
		if g.sure > sure {
			field, sure = g.field, g.sure
		}
	}
	return field, sure
}
