// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// market is what an invented nation's municipalities buy: a kind of system in an area, from how many suppliers, and how many have one.
type market struct {
	kind, area string
	suppliers  int
	have       float64
}

// markets are those of the invented nation. The shares are ours, and meant to look like a country where a few are everywhere and many are not.
var markets = []market{
	{"line-of-business", "socialtjanst", 4, 0.99},
	{"line-of-business", "hsl", 5, 0.9},
	{"line-of-business", "lss", 4, 0.8},
	{"line-of-business", "skola", 6, 0.99},
	{"line-of-business", "hr", 4, 0.97},
	{"line-of-business", "ekonomi", 5, 0.98},
	{"line-of-business", "bygg-miljo", 4, 0.85},
	{"line-of-business", "raddning", 3, 0.3},
	{"line-of-business", "kultur-fritid", 6, 0.6},
	{"line-of-business", "overformyndare", 3, 0.7},
	{"line-of-business", "valfard-teknik", 8, 0.75},
	{"line-of-business", "arkiv-diarium", 6, 0.9},
	{"line-of-business", "arbetsmarknad", 3, 0.5},
	{"line-of-business", "tekniska", 8, 0.6},
	{"line-of-business", "politik", 3, 0.4},
	{"e-service", "socialtjanst", 4, 0.45},
	{"e-service", "skola", 5, 0.7},
	{"e-service", "bygg-miljo", 4, 0.4},
	{"support", "it", 9, 0.8},
	{"support", "hr", 5, 0.4},
	{"infrastructure", "it", 6, 0.9},
	{"integration", "it", 5, 0.5},
}

// The invented suppliers: those that sell everywhere, and those of each county. Their numbers are of a series that nobody has.
const (
	everywhere  = 48
	inCounty    = 25
	ownSeries   = 299_000_000
	countySteps = 1000
)

// Agrees says from which year a municipality sends what it depends on; 0 is not at all.
func (s *Simulation) Agrees(code string) int {
	switch x := s.stream("agrees/" + code).Float64(); {
	case x < 0.68:
		return 2024
	case x < 0.76:
		return 2025
	case x < 0.84:
		return 2026
	default:
		return 0
	}
}

// inventedNumber makes an organisation number that nobody has.
func inventedNumber(n int) string {
	digits := strconv.Itoa(ownSeries + n)
	for c := range 10 {
		if full := digits + strconv.Itoa(c); checks(full) {
			return full
		}
	}
	return "" // one of ten digits is always the check digit
}

// seller draws one of a market's suppliers: the first of them sell the most. Which they are differs between nations.
func (s *Simulation) seller(m int, r *dice) int {
	weights, values := make([]float64, markets[m].suppliers), make([]string, markets[m].suppliers)
	pool := s.stream("market/" + strconv.Itoa(m))
	for i := range weights {
		weights[i], values[i] = 1/float64(i+1), strconv.Itoa(pool.IntN(everywhere))
	}
	n, _ := strconv.Atoi(drawn(r, values, weights)) // they are numbers
	return n
}

// buys draws which supplier a municipality has in a market in a year: often that of its county, and now and then another.
func (s *Simulation) buys(m int, code, county string, year int) int {
	common := s.seller(m, s.stream(fmt.Sprintf("county/%s/%d", county, m)))
	r := s.stream(fmt.Sprintf("buys/%s/%d", code, m))
	one := common
	if r.Float64() < 0.5 {
		one = s.seller(m, r)
	}
	for y := 2024; y < year; y++ {
		if r.Float64() < 0.04 {
			one = s.seller(m, r)
		}
	}
	return one
}

// Concentration makes what one municipality would send of what it depends on, signed at the period's end. ok is false for one that has not
// agreed to it then.
func (s *Simulation) Concentration(p *Profile, period Period) (x Concentration, ok bool, err error) {
	if from := s.Agrees(p.Code); from == 0 || from > period.Year {
		return x, false, nil
	}
	m, _ := s.catalogue.Municipality(p.Code)
	x = Concentration{
		Schema: ConcentrationSchema, Municipality: p.Code, Period: period.String(), Catalogue: s.catalogue.Edition,
		Made: period.End().Time().AddDate(0, 0, 1).UTC().Format(madeForm), Size: p.Size,
	}
	r := s.stream("depends/" + p.Code)
	for i := range markets {
		if r.Float64() >= markets[i].have {
			continue
		}
		x.Kinds = append(x.Kinds, markets[i].kind, markets[i].kind+"/"+markets[i].area)
		x.Suppliers = append(x.Suppliers, inventedNumber(s.buys(i, p.Code, m.County, period.Year)))
	}
	county, _ := strconv.Atoi(m.County) // codes of counties are numbers
	for range 2 + r.IntN(5) {
		x.Suppliers = append(x.Suppliers, inventedNumber(countySteps*(1+county)+r.IntN(inCounty)))
	}
	x.SoleTraders, x.Unnumbered = int64(r.IntN(3)), int64(r.IntN(6))
	slices.Sort(x.Kinds)
	slices.Sort(x.Suppliers)
	x.Kinds, x.Suppliers = slices.Compact(x.Kinds), slices.Compact(x.Suppliers)
	key, err := s.Key(p.Code)
	if err == nil {
		err = x.Sign(key.Signer)
	}
	return x, true, err
}

// Depending counts how many of some municipalities depend on each thing, whatever may be told of it.
func Depending(all []Concentration) map[string]int {
	out := map[string]int{}
	for i := range all {
		for _, name := range all[i].subjects() {
			out[name]++
		}
	}
	return out
}

// WriteDepending writes such counts as CSV.
func WriteDepending(w io.Writer, counts map[string]int) error {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	rows := [][]string{{"subject", "municipalities"}}
	for _, name := range names {
		rows = append(rows, []string{name, strconv.Itoa(counts[name])})
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}
