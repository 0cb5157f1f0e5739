// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"testing"

	"github.com/google/pprof/profile"
)

// taken is a profile of one function that ran for some nanoseconds, with what a machine leaves in one.
func taken(function string, ns int64) *profile.Profile {
	m := &profile.Mapping{ID: 1, Start: 0x400000, Limit: 0x500000, File: "/home/somebody/program.test", BuildID: "abc"}
	f := &profile.Function{ID: 1, Name: function, Filename: "module/" + function + ".go"}
	l := &profile.Location{ID: 1, Mapping: m, Address: 0x400100, Line: []profile.Line{{Function: f, Line: 7}}}
	kinds := []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}
	return &profile.Profile{
		SampleType: kinds, PeriodType: kinds[1], Period: 1e7, TimeNanos: 1764500000e9, DurationNanos: ns, Comments: []string{"a machine"},
		Mapping: []*profile.Mapping{m}, Function: []*profile.Function{f}, Location: []*profile.Location{l},
		Sample: []*profile.Sample{{Location: []*profile.Location{l}, Value: []int64{ns / 1e7, ns}, Label: map[string][]string{"host": {"a machine"}}}},
	}
}

func TestEachWeighsTheSameAndNothingOfTheMachineIsKept(t *testing.T) {
	var out bytes.Buffer
	if err := together([]*profile.Profile{taken("short", 1e9), taken("long", 90e9)}, &out); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	weighs := map[string]int64{}
	for _, s := range p.Sample {
		weighs[s.Location[0].Line[0].Function.Name] += s.Value[1]
		if len(s.Label) > 0 {
			t.Errorf("a sample has labels: %v", s.Label)
		}
	}
	if len(weighs) != 2 || weighs["short"] != weighs["long"] {
		t.Errorf("what the functions weigh: %v, want two the same", weighs)
	}
	for _, m := range p.Mapping {
		if m.File != "" || m.BuildID != "" {
			t.Errorf("a program's file is kept: %+v", m)
		}
	}
	if p.TimeNanos != 0 || len(p.Comments) > 0 {
		t.Errorf("a time or comments are kept: %d %v", p.TimeNanos, p.Comments)
	}
}

func TestNoSamples(t *testing.T) {
	p := taken("none", 0)
	if err := together([]*profile.Profile{p}, &bytes.Buffer{}); err == nil {
		t.Error("a profile without samples was taken")
	}
}
