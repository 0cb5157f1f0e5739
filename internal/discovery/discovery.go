// SPDX-License-Identifier: EUPL-1.2

// Package discovery finds personal data (Swedish: personuppgifter) in files and databases, and puts in words why it believes so.
// It stands alone: rules come in as an fs.FS, and what is found is masked before it leaves.
package discovery

import (
	"context"
	"io"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// Finding is one value that was found. The value itself is nowhere in it.
type Finding struct {
	// Source is what was asked for; Path the file in it, and Member what in the file. What in them says who somebody is, is masked; a name that
	// is masked has its number after it.
	Source, Path, Member string
	// MemberPrint is a keyed hash of the member as it is called; zero where there is none.
	MemberPrint Fingerprint
	// Named says that it stands in the name of a file, a folder or a member: Place.Field is FileName or FolderName then, as a column may be
	// called as well.
	Named bool
	// Offset is where the value starts: in the name, in the file, or else in the member's extracted text.
	Offset int64
	// Place is the rest of what is known about where it stands. Its Column is a place in the line, or the number of a table's column.
	Place source.Place
	// Detector is what it is, and Confidence how sure that is.
	Detector   string
	Confidence detect.Confidence
	// Why says why.
	Why detect.Why
	// Masked has the form of the value and nothing else of it.
	Masked string
	// Fingerprint is a keyed hash of the value, the same for every way to write it.
	Fingerprint Fingerprint
}

// Container is a column, or a document, that was judged as a whole.
type Container struct {
	// Path is the file with its member, or Table the table.
	Path, Table string
	// Member is what in the file.
	Member string
	// Field is the column; empty for a document.
	Field string
	// Detector is what it holds; "document" for the verdict of a document.
	Detector string
	// Count is how many values were found, and Distinct how many different; the latter is an estimate above 1,000.
	Count, Distinct int64
	// ValidShare is how many of the column's values are what Detector says.
	ValidShare float64
	// Verdict is what it is taken for.
	Verdict    string
	Confidence detect.Confidence
	// Because says why, in sentences.
	Because []string
}

// Skipped is something that was not read.
type Skipped struct {
	source.Skip
}

// Summary is what a scan came to.
type Summary struct {
	BytesRead, BytesSkipped, Files int64
	// Findings are how many of each detector are of high or medium confidence; Low how many of all detectors are of low.
	Findings map[string]int64
	Low      int64
	// Unchanged are how many files were not read because they have not changed since a scan that read them whole, and UnchangedFound how
	// many findings, of any confidence, there were in them.
	Unchanged, UnchangedFound int64
	// Skipped is how many things were not read, and Unread how many of them held, or may have held, something: a link does not.
	Skipped, Unread int64
	Elapsed         time.Duration
	Samples         []source.Sample
}

// Found is how many findings count.
func (s *Summary) Found() int64 {
	var n int64
	for _, c := range s.Findings {
		n += c
	}
	return n
}

// Sink receives what a scan finds, from several goroutines at once.
type Sink interface {
	// Findings receives some of the findings of one file. They are valid until it returns.
	Findings([]Finding) error
	// Counted receives, without Options.Detail, how many of each detector one file has, by the places of Rules.IDs: of high and medium
	// confidence, and of low. They are valid until it returns.
	Counted(path string, counts, lows []int64) error
	// Container receives the verdict of a column or a document.
	Container(Container) error
	// Skipped receives what was not read.
	Skipped(Skipped) error
}

// Options say what to look for, and where.
type Options struct {
	// Rules are the detectors, and Detectors those that are wanted.
	Rules     *detect.Rules
	Detectors []detect.Detector
	// Key is the key of fingerprints.
	Key Key
	// Now is the clock.
	Now func() time.Time
	// Workers is how many files are read at once.
	Workers int
	// Rows is how many rows of a database's table are read; 0 for all.
	Rows int64
	// Include and Exclude are patterns of names, and Since the time after which a file must have changed.
	Include, Exclude []string
	Since            time.Time
	// Stdin is what the source "-" reads.
	Stdin io.Reader
	// OpenDatabase opens a DSN. ok is false for what is no DSN.
	OpenDatabase func(dsn string) (d source.Database, ok bool, err error)
	// Progress is told what has been done so far. It may be nil.
	Progress *Progress
	// State is what an earlier scan left, so that files that have not changed are not read again; nil for none. Its key is Key.
	State *State
	// Detail asks for every finding. Without it they are only counted, by file and detector, which costs far less.
	Detail bool
}

// Scan looks through some sources.
func Scan(ctx context.Context, sources []string, o Options, sink Sink) (Summary, error) {
	e := &engine{Options: o, sink: sink, started: o.Now()}
	e.summary.Findings = map[string]int64{}
	if e.Progress == nil {
		e.Progress = &Progress{}
	}
	err := e.run(ctx, sources)
	e.summary.Elapsed = o.Now().Sub(e.started)
	return e.summary, err
}
