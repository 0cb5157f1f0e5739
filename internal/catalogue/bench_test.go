// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
)

// BenchmarkHolds weighs every condition of the shipped requirements against one system: the inner loop of a nation's systems.
func BenchmarkHolds(b *testing.B) {
	c := real(b)
	subject, held := benchSystem(b, c)
	facts, _ := c.Vocabulary.Resolve(subject, held)
	b.ReportAllocs()
	held0 := 0
	for b.Loop() {
		for i := range c.Requirements {
			if c.Requirements[i].When.Holds(&facts) == catalogue.Yes {
				held0++
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.Requirements)), "ns/condition")
	if held0 == 0 {
		b.Fatal("no condition holds")
	}
}

// BenchmarkResolve weighs together a system and four information types, once per system and change.
func BenchmarkResolve(b *testing.B) {
	c := real(b)
	subject, held := benchSystem(b, c)
	b.ReportAllocs()
	for b.Loop() {
		if _, origins := c.Vocabulary.Resolve(subject, held); len(origins) == 0 {
			b.Fatal("nothing follows")
		}
	}
}

// BenchmarkLoad reads the shipped catalogue, which is done once at start.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := catalogue.Load(data.Files); err != nil {
			b.Fatal(err)
		}
	}
}

func benchSystem(b *testing.B, c *catalogue.Catalogue) (catalogue.Source, []catalogue.Source) {
	b.Helper()
	var held []catalogue.Source
	for i := range c.Types {
		if c.Types[i].Area == "socialtjanst" && len(held) < 4 {
			held = append(held, c.Types[i].Source())
		}
	}
	return catalogue.Source{Kind: catalogue.SourceSubject, Statements: []catalogue.Statement{
		{Fact: "e_service", Value: "yes"}, {Fact: "hosting", Value: "cloud-eu"},
	}}, held
}
