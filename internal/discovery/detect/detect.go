// SPDX-License-Identifier: EUPL-1.2

// Package detect finds personal data in text (Swedish: detektor): numbers that say who somebody is, ways to reach somebody, names,
// and words that belong to sensitive categories. What to look for is data (data/detectors); how numbers are built is here.
//
// It works on the bytes of UTF-8, ISO-8859-1 and Windows-1252 as they are, so that a match's place is a byte of the file.
package detect

// Confidence says how sure a match is. High and medium count; low is shown apart.
type Confidence uint8

// The levels, from a shape that was judged to be nothing to one that can hardly be anything else.
const (
	None Confidence = iota
	Low
	Medium
	High
)

// String is the level as it is written in results.
func (c Confidence) String() string { return [...]string{"none", "low", "medium", "high"}[c] }

// Why is a set of reasons for a match's confidence.
type Why uint32

// The reasons. Those from AgainstWords on speak against.
const (
	Checksum Why = 1 << iota
	Date
	Separator
	Century
	Words
	Heading
	Share
	Known // stands in a list: a name, a country's IBAN, an issuer of cards
	Form  // is written in a form that little else has
	AgainstWords
	AgainstHeading
	AgainstShare
	Neighbours
	Future
	Ambiguous // would be something else as well
)

// whyTexts say each reason in words, in the order of the bits.
var whyTexts = []string{
	"the checksum is right", "the date exists", "it is written with a separator", "it has its century", "words near it say so",
	"the column's name says so", "most of the column is valid", "it stands in a list of what is known", "it is written in a form that little else has",
	"words near it speak of something else", "the column's name speaks of something else", "few in the column are valid",
	"it is part of something longer, or stands among its likes", "its date has not come yet", "it may be something else as well",
}

// Texts are the reasons in words.
func (w Why) Texts() []string {
	var out []string
	for i, text := range whyTexts {
		if w&(1<<i) != 0 {
			out = append(out, text)
		}
	}
	return out
}

// Match is one value that was found in a text.
type Match struct {
	// Start and End are where it stands in the text.
	Start, End int
	// Detector is what it is.
	Detector Detector
	// Confidence is None for a number that has the shape and fails a check; such are told only when Scanner.Tried is set.
	Confidence Confidence
	// Cell is what Scanner.Column called the place of a number of a person; 0 when it was not asked.
	Cell uint16
	// Why says why.
	Why Why
	// Number tells one personnummer, samordningsnummer or organisationsnummer from another, whatever way it is written; 0 for all else.
	Number uint64
}

// Detector is one of the things to find. Its id stands in Rules.
type Detector uint8

// The detectors whose forms are written in this package. Those of sensitive categories, which are words alone, come after them in
// the order of the rules.
const (
	Personnummer Detector = iota
	Samordningsnummer
	Organisationsnummer
	Interim
	Passport
	IDCard
	Email
	Phone
	Address
	Vehicle
	Account
	Bankgiro
	Plusgiro
	IBAN
	Card
	IP
	NamePerson
	DateOfBirth
	ICD10
	firstSensitive
)

// formed are the ids of the detectors above, in their order.
var formed = [firstSensitive]string{
	"personnummer", "samordningsnummer", "organisationsnummer", "interim", "passport", "id_card", "email", "phone", "address", "vehicle",
	"account", "bankgiro", "plusgiro", "iban", "card", "ip", "name_person", "date_of_birth", "icd10",
}
