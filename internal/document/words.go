// SPDX-License-Identifier: EUPL-1.2

package document

// words are the few words a writer adds to what the document itself says.
type words struct {
	lang, locale, country                 string
	about, table, sheet, status, untitled string
	contents, page, of, cut               string
	comma                                 bool // decimal comma
}

// wordsIn gives the words in Swedish, or in English when lang asks for it.
func wordsIn(lang string) words {
	if lang == "en" {
		return words{
			lang: "en", locale: "en-GB", country: "GB",
			about: "About", table: "Table", sheet: "Sheet", status: "Status", untitled: "Untitled document",
			contents: "Contents", page: "Page", of: "of", cut: "… (cut)",
		}
	}
	return words{
		lang: "sv", locale: "sv-SE", country: "SE",
		about: "Om dokumentet", table: "Tabell", sheet: "Blad", status: "Status", untitled: "Dokument utan titel",
		contents: "Innehåll", page: "Sida", of: "av", cut: "… (avkortat)",
		comma: true,
	}
}
