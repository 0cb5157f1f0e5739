// SPDX-License-Identifier: EUPL-1.2

// Package source reads what personal data may stand in (Swedish: källa): plain text, tables, documents, archives, mail and
// databases. It hands on text and the values of columns with the place where they stand, tells about every byte that it could not
// read, and knows nothing of what is looked for.
package source

import (
	"context"
	"io"
)

// Place is where something stands, as far as it is known. The zero value of a field means that it is not known.
type Place struct {
	// Member is the path inside a container, such as "brev.zip/2024/beslut.docx" in an archive: each level joined by "/". It is
	// empty for what stands in the file itself.
	Member string
	// Line is the line of the first byte, from 1.
	Line int
	// Page and Paragraph count from 1.
	Page, Paragraph int
	// Cell is a cell of a sheet, such as "Blad1!C17".
	Cell string
	// Table and Field are a table and its column, or a sheet and its heading, or a part of a document that has a name ("header",
	// "comment", "subject").
	Table, Field string
	// Column is the number of the column in a table, from 1.
	Column int
}

// Text is one run of extracted text, in reading order. It is valid until the visitor returns.
type Text struct {
	// Bytes are UTF-8, or the file's own bytes when Raw. What is not valid UTF-8 is taken as it is, never left out.
	Bytes []byte
	// Offset is where Bytes[0] stands: in the file when Raw, otherwise in the member's extracted text.
	Offset int64
	// Raw says that Offset counts the bytes of the file itself.
	Raw bool
	// At tells where Bytes[i] stands when that is not Offset+i, as in text that was decoded. It may be nil, and it is only asked
	// before the visitor returns.
	At func(i int) int64
	// Place is where Bytes[0] stands.
	Place Place
	// Continues says that Bytes continue the previous Text of the same member without a break: a number may begin there and end
	// here. A visitor sees the end of a run when the next Text does not continue it, or when the reading ends.
	Continues bool
	// Form is CSV, JSON or Markup for text whose lines, keys or elements are columns; empty for prose.
	Form Kind
	// Wraps says that a line break may stand inside a number, as in text that was laid out in lines (PDF).
	Wraps bool
}

// Column names a column of a table. Values of the same column compare equal.
type Column struct {
	// Member is the path inside a container, as in Place.
	Member string
	// Table is the table or sheet; empty for a file that is one table.
	Table string
	// Field is the column's name, or its heading; empty when it has none.
	Field string
	// Index is the column's number, from 1.
	Index int
}

// Value is one cell of a column. Columns are judged as columns.
type Value struct {
	Text
	// Column is where it belongs.
	Column Column
	// Number says that it was stored as a number, so that leading zeros may be lost and 1.98507099805E11 may stand for it.
	Number bool
}

// Skip is something that was not read, and why. Nothing is skipped in silence.
type Skip struct {
	// Path is the file or the database; Member what in it.
	Path, Member string
	// From and To are the bytes of the file itself, when Member is empty, or else of the member; To is -1 when it is not known.
	From, To int64
	// Reason is one sentence in lower case: "encrypted", "an image: its text is not read".
	Reason string
}

// Visitor receives what a source holds, in order and from one goroutine. An error from it stops the reading, and the reader
// returns it unchanged.
type Visitor interface {
	// Text receives running text.
	Text(Text) error
	// Value receives one cell of a column.
	Value(Value) error
	// Skipped receives what was not read. For a file's own bytes (Member empty) the range counts as skipped in the sum.
	Skipped(Skip) error
	// Read tells that so many more of the file's own bytes (not of a member's) have been read. Read and skipped bytes of a file add
	// up to its size. A database tells the bytes of the values that it fetched.
	Read(bytes int64)
}

// LineVisitor is a visitor that says whether it wants the numbers of lines, which cost a look at every byte. Others are told them.
type LineVisitor interface {
	Visitor
	WantsLines() bool
}

// NameVisitor is a visitor that is told what the members of a file are called, before anything else of them, whether or not they are read. A name
// is told once, and it may be one of several levels with "/" between them; within is the member that it lies in, empty for the file itself.
type NameVisitor interface {
	Visitor
	Name(within, name string, folder bool) error
}

// File is one file, or a member of one, that is to be read.
type File struct {
	// Path is the file as it is told; Member what in it, empty for the file itself.
	Path, Member string
	// Size is its size, or -1 when that is not known.
	Size int64
	// ReaderAt reads anywhere in it. It is nil for a member, standard input and what else can only be read once, from the start.
	io.ReaderAt
	// Stream reads from its start. It is set when ReaderAt is nil.
	Stream io.Reader
	// Depth is how many containers it lies inside: 0 for a file of the file system.
	Depth int
	// budget is what is left to unpack of the file that it lies inside.
	budget *budget
}

// Reader reads one kind of file. It returns an error only when the visitor did, or ctx ended; what it could not read it tells with
// Skipped.
type Reader interface {
	Read(ctx context.Context, f File, v Visitor) error
}

// Sample tells how much of a table was read.
type Sample struct {
	// Table is its full name.
	Table string
	// Rows is how many it has, as the database estimates; -1 when it does not say.
	Rows int64
	// Read is how many were read.
	Read int64
	// Full says that every row was read.
	Full bool
	// NotDrawn says that those that were read are no random sample: they are the first ones, or what could be read.
	NotDrawn bool
}

// Database reads a database. One is made from a DSN by a function of this package.
type Database interface {
	// Read reads its tables, up to rows of each, or all of them when rows is 0.
	Read(ctx context.Context, rows int64, v Visitor) ([]Sample, error)
}
