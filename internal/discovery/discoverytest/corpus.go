// SPDX-License-Identifier: EUPL-1.2

package discoverytest

import "fmt"

// File is one file of a corpus.
type File struct {
	Name string
	*Text
}

// Corpus makes files like those of a municipality's share, of about a size each: in 64 of them, 26 of prose, 12 registers, 8 lists of
// invoices, 12 logs and 6 of JSON. Personnummer stand among numbers that look like them.
func Corpus(files, size int, seed uint64) func(yield func(File) bool) {
	return func(yield func(File) bool) {
		for i := range files {
			t := New(seed + uint64(i))
			name := ""
			switch k := i * 64 / files % 64; {
			case k < 26:
				name = fmt.Sprintf("text/beslut-%03d.txt", i)
				t.prose(size)
			case k < 38:
				name = fmt.Sprintf("register/register-%03d.csv", i)
				t.register(size)
			case k < 46:
				name = fmt.Sprintf("ekonomi/fakturor-%03d.csv", i)
				t.invoices(size)
			case k < 58:
				name = fmt.Sprintf("logg/app-%03d.log", i)
				t.log(size)
			default:
				name = fmt.Sprintf("export/arenden-%03d.json", i)
				t.json(size)
			}
			if !yield(File{name, t}) {
				return
			}
		}
	}
}

var fillers = []string{
	"Nämnden beslutade att bifalla ansökan i enlighet med förvaltningens förslag.", "Mötet hölls i kommunhuset och protokollet justeras omedelbart.",
	"Utredningen visar att behovet kan tillgodoses på annat sätt enligt socialtjänstlagen.", "Handläggaren har haft kontakt med den enskilde per telefon vid två tillfällen.",
	"Verksamheten följs upp varje tertial och redovisas för nämnden i delårsrapporten.", "Beslutet kan överklagas inom tre veckor från den dag då det meddelades.",
	"Planen omfattar åtgärder för vägar, broar och gång- och cykelbanor under perioden.", "Förslaget har varit utsänt på remiss till berörda förvaltningar och bolag.",
	"Barnet har rätt att komma till tals i ärendet utifrån ålder och mognad.", "Kostnaden ryms inom beslutad budgetram och påverkar inte andra verksamheter.",
}

func (t *Text) prose(size int) {
	for len(t.Bytes) < size {
		for range 6 + t.r.IntN(6) {
			t.Add("%s ", t.pick(fillers...))
		}
		switch t.r.IntN(9) {
		case 0, 1, 2:
			t.Add("Sökanden har personnummer ")
			t.Mark("personnummer", t.Civic("personnummer"))
			t.Add(" och är folkbokförd i kommunen. ")
		case 3:
			t.Add("Samordningsnumret är ")
			t.Mark("samordningsnummer", t.Civic("samordningsnummer"))
			t.Add(". ")
		case 4:
			t.Add("Fakturan betalas med OCR %s senast %s. ", t.value("ocr"), t.value("date"))
		case 5:
			t.Add("Bolaget (org.nr %s) har lämnat anbud, ärende %s. ", t.value("organisationsnummer"), t.value("dnr"))
		case 6:
			t.Add("Ring %s för frågor, eller hänvisa till order %s. ", t.value("phone"), t.value("order"))
		case 7:
			t.Add("Anläggnings-id %s, avläst %s, belopp %s. ", t.value("meter"), t.value("date"), t.value("money"))
		case 8:
			t.Add("Insatsen avser ")
			t.Mark("personnummer", t.Civic("personnummer"))
			t.Add(" från och med %s. ", t.value("date"))
		}
		t.Add("\n\n")
	}
}

func (t *Text) register(size int) {
	t.Add("id;pnr;namn;telefon;adress;skapad;orgnr;anteckning\n")
	for i := 1; len(t.Bytes) < size; i++ {
		t.Add("%d;", 100000+i)
		if t.r.IntN(25) > 0 {
			kind := "personnummer"
			if t.r.IntN(20) == 0 {
				kind = "samordningsnummer"
			}
			t.Mark(kind, t.Civic(kind))
		} else {
			t.Add("%s", t.pick("", "saknas", t.digits(10), "okänt"))
		}
		t.Add(";%s;%s;%s;%s;%s;%s\n", t.value("name_person"), "07"+t.pick("0", "2", "3", "6", "9")+t.digits(7), t.value("address"), t.value("stamp"), t.value("organisationsnummer"), t.pick(fillers...))
	}
}

func (t *Text) invoices(size int) {
	t.Add("tid;fakturanr;ocr;orgnr;belopp;mottagare;adress;beskrivning\n")
	for len(t.Bytes) < size {
		t.Add("%s;%s;%s;%s;%d,%02d;%s;%s;%s\n", t.value("stamp"), t.value("invoice"), t.value("ocr"), t.value("organisationsnummer"), t.r.IntN(90000), t.r.IntN(100), t.pick(lastNames...), t.value("address"), t.pick(fillers...))
	}
}

func (t *Text) log(size int) {
	for len(t.Bytes) < size {
		t.Add("%sT%02d:%02d:%02d.%03dZ INFO req=%s user=%d dur=%dms ts=%s", t.value("date"), t.r.IntN(24), t.r.IntN(60), t.r.IntN(60), t.r.IntN(1000), t.value("hex"), t.r.IntN(100000), t.r.IntN(900), t.value("epoch"))
		if t.r.IntN(12) == 0 {
			t.Add(" sökning personnummer=")
			date, tail := t.civicParts(0)
			t.Mark("personnummer", date+t.pick("", "-")+tail)
		}
		t.Add(" path=/api/arende/%d status=200 agent=\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/%d.36\" roll=handlaggare\n", 1000000+t.r.IntN(9000000), 500+t.r.IntN(60))
	}
}

func (t *Text) json(size int) {
	t.Add("[\n")
	for i := 0; len(t.Bytes) < size; i++ {
		t.Add(`{"id":%d,"orderId":"%s","created":"%s","person":{"pnr":"`, 1000000000+t.r.IntN(2000000000), t.value("order"), t.value("stamp"))
		date, tail := t.civicParts(0)
		t.Mark("personnummer", date+t.pick("", "-")+tail)
		t.Add(`","namn":"%s"},"trace":"%s","belopp":%d,"text":"%s"},`+"\n", t.value("name_person"), t.value("hex"), t.r.IntN(100000), t.pick(fillers...))
	}
	t.Add("{}]\n")
}
