// SPDX-License-Identifier: EUPL-1.2

// Package register reads the list of systems that an organisation already has (Swedish: systemförteckning) and makes it part of
// the register of systems: it finds the table in the file, guesses its columns, reads every cell and says what would change.
package register

import (
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// Messages are the package's texts in both languages.
//
//go:embed messages.yaml
var Messages string

// texts are the package's own messages. A list is read before there is any page or database, so the reasons for what is wrong
// with it must be readable without them.
var texts = sync.OnceValue(func() *locale.Bundle {
	b, err := locale.NewBundle(map[string]string{"register": Messages})
	if err != nil {
		panic(fmt.Sprintf("read the register's messages: %v", err)) // they are compiled in, and a test reads them
	}
	return b
})

// Reason is why something was not taken as it stands: a message and what it speaks of.
type Reason struct {
	// Key is the message's key.
	Key string
	// Args are names and values in turn.
	Args []any
}

// In gives the reason as a sentence in "sv" or "en".
func (r Reason) In(lang string) string { return texts().In(lang).T(r.Key, r.Args...) }

// IsZero reports whether there is no reason.
func (r Reason) IsZero() bool { return r.Key == "" }

func because(key string, args ...any) Reason { return Reason{Key: "register." + key, Args: args} }

// ErrUnusable says that nothing of a file could be used. The error is a *FileError, which says why and what to do.
var ErrUnusable = errors.New("the list could not be used")

// FileError is what is wrong with a file as a whole. Nothing of it was imported.
type FileError struct {
	// File is the name of the file.
	File string
	// Reason says what is wrong and what to do.
	Reason Reason
	// Cause is the error underneath, if there was one.
	Cause error
}

// Error gives the reason in English.
func (e *FileError) Error() string {
	s := fmt.Sprintf("read %s: %s", e.File, e.Reason.In("en"))
	if e.Cause != nil {
		s += " (" + e.Cause.Error() + ")"
	}
	return s
}

// In gives the reason as a sentence in "sv" or "en".
func (e *FileError) In(lang string) string { return e.File + ": " + e.Reason.In(lang) }

// Unwrap makes errors.Is find ErrUnusable and the error underneath.
func (e *FileError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrUnusable}
	}
	return []error{ErrUnusable, e.Cause}
}

// unusable makes a FileError without the file's name, which ReadTable adds.
func unusable(key string, args ...any) *FileError { return &FileError{Reason: because(key, args...)} }

// Note says what was not taken as it stands in one cell, and why.
type Note struct {
	// Row is the file's own number of the row, from 1.
	Row int `json:"row"`
	// Column is the heading as it stands in the file.
	Column string `json:"column"`
	// Value is the cell's text.
	Value string `json:"value"`
	// Reason is one sentence in the reader's language.
	Reason string `json:"reason"`
}

// Likeness says that a row has the name of something that is already there. The row is not imported.
type Likeness struct {
	// Row is the file's own number of the row, from 1.
	Row int `json:"row"`
	// To is the name that it is like.
	To string `json:"to"`
	// Score is how alike they are, 1 when only case, spaces and kinds of dashes differ.
	Score float64 `json:"score"`
}

// Result is what an import did, or would do. It is what "insegel import register --json" writes.
type Result struct {
	File      string     `json:"file"`
	Sheet     string     `json:"sheet"`
	HeaderRow int        `json:"header_row"`
	Columns   []Column   `json:"columns"`
	Rows      int        `json:"rows"`
	New       int        `json:"new"`
	Updated   int        `json:"updated"`
	Unchanged int        `json:"unchanged"`
	Similar   []Likeness `json:"similar"`
	Rejected  []Note     `json:"rejected"`
	Warnings  []Note     `json:"warnings"`
	// Sensitive is how many of the new systems probably hold what would hurt somebody seriously if others saw it. Known after an import.
	Sensitive int `json:"sensitive,omitempty"`
	// Begin is the one of them to classify first.
	Begin *Beginning `json:"begin,omitempty"`
}

// Beginning is where to begin classifying.
type Beginning struct {
	Slug string `json:"slug"`
	Name string `json:"name"`

	need int
}

// weigh counts a new system among the sensitive ones when what it probably holds says so, and proposes the most exposed to begin with.
func (r *Result) weigh(b Beginning, held []*catalogue.InformationType) {
	var highest [catalogue.NumAspects]catalogue.Step
	for _, t := range held {
		for a := range highest {
			highest[a] = max(highest[a], t.Levels[a].Step)
		}
	}
	if highest[catalogue.Confidentiality] < catalogue.Serious {
		return
	}
	for _, step := range highest {
		b.need += int(step)
	}
	r.Sensitive++
	if r.Begin == nil || b.need > r.Begin.need {
		r.Begin = &b
	}
}
