// SPDX-License-Identifier: EUPL-1.2

// Command profile puts processor profiles together to the one that the program is built with (Swedish: körprofil). Of each it keeps which
// function called which and how long that took, and nothing of the machine that it was taken on.
//
//	profile OUT PROFILE...
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/google/pprof/profile"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: profile OUT PROFILE...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

// run writes the profiles of some files, as one, to another.
func run(out string, names []string) error {
	profiles := make([]*profile.Profile, 0, len(names))
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		p, err := profile.Parse(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		profiles = append(profiles, p)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	err = together(profiles, f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// together merges profiles. Each weighs as much as the others, however long it was taken for, so that what takes a second a day is made no
// slower by what was measured for an hour.
func together(profiles []*profile.Profile, w io.Writer) error {
	for _, p := range profiles {
		var total int64
		value := len(p.SampleType) - 1
		for _, s := range p.Sample {
			total += s.Value[value]
		}
		if total == 0 {
			return fmt.Errorf("a profile has no samples")
		}
		p.Scale(weight / float64(total))
		p.TimeNanos, p.DurationNanos, p.Comments = 0, 0, nil
		for _, m := range p.Mapping {
			m.File, m.BuildID, m.KernelRelocationSymbol = "", "", ""
			m.Start, m.Limit, m.Offset = 0, 1<<62, 0
		}
		for _, s := range p.Sample {
			s.Label, s.NumLabel, s.NumUnit = nil, nil, nil
		}
	}
	merged, err := profile.Merge(profiles)
	if err != nil {
		return err
	}
	return merged.Write(w)
}

// weight is what each profile's samples sum up to, in nanoseconds: a minute.
const weight = 60e9
