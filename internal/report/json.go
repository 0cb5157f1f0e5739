// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/requirement"
)

// writeJSON writes a report system by system: encoded as one value, a whole municipality's reasons would fill the memory several
// times over. The shapes are described in docs/reports.md; a key once there keeps its meaning.
func writeJSON(w io.Writer, r report) error {
	top, n, system := r.split()
	whole, err := encode(top, "")
	if err != nil {
		return err
	}
	before, isLast := bytes.CutSuffix(whole, []byte("[]\n}"))
	if n == 0 || !isLast {
		_, err := w.Write(append(whole, '\n'))
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(append(before, '[')) // a failure stays with the writer, and Flush tells
	for i := range n {
		one, err := encode(system(i), "    ")
		if err != nil {
			return err
		}
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.WriteString("\n    ")
		_, _ = out.Write(one)
	}
	_, _ = out.WriteString("\n  ]\n}\n")
	return out.Flush()
}

// encode gives a value as JSON, without the line's end.
func encode(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// head is what every report begins with.
type head struct {
	Organisation string     `json:"organisation"`
	Date         civil.Date `json:"date"`
	Catalogue    string     `json:"catalogue"`
	Language     string     `json:"language"`
	// Draft is true when the classification of some system is not decided.
	Draft bool `json:"draft"`
}

// subject is one system in a report, and how far its classification has come.
type subject struct {
	System string `json:"system"`
	ID     string `json:"id"`
	Slug   string `json:"slug"`
	Link   string `json:"link"`
	// Status is decided, draft, suggestion, unknown or stopped.
	Status string `json:"status"`
	Draft  bool   `json:"draft"`
	Stop   bool   `json:"stop"`
	// Suspected says that what is known points at security protection, as a question to settle.
	Suspected  bool       `json:"suspected"`
	ValidUntil civil.Date `json:"valid_until"`
	Expired    bool       `json:"expired"`
	Model      model      `json:"model"`
	Levels     []level    `json:"levels"`
}

// model names a version of a classification model.
type model struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// level is what one aspect needs, and what it rests on.
type level struct {
	Aspect string `json:"aspect"`
	Name   string `json:"name"`
	// Level is null when it is unknown.
	Level *int   `json:"level"`
	Label string `json:"label"`
	Step  string `json:"step"`
	// Basis is decided, answer, suggestion or none.
	Basis string `json:"basis"`
	// On is when it was decided or answered.
	On      civil.Date          `json:"on"`
	Because []catalogue.Because `json:"because"`
}

// tally counts requirements by how well they are met. What nobody knows is among those that apply.
type tally struct {
	Applies       int `json:"applies"`
	Met           int `json:"met"`
	Partly        int `json:"partly"`
	NotMet        int `json:"not_met"`
	NotApplicable int `json:"not_applicable"`
	DontKnow      int `json:"dont_know"`
	Unanswered    int `json:"unanswered"`
	// Unknown is DontKnow and Unanswered together.
	Unknown int `json:"unknown"`
}

func tallyOf(t requirement.Tally) tally {
	return tally{
		Applies: t.Total(), Met: t.Met, Partly: t.Partly, NotMet: t.NotMet, NotApplicable: t.NotApplicable,
		DontKnow: t.DontKnow, Unanswered: t.Unanswered, Unknown: t.Unknown(),
	}
}

// law is a rule as a reason: what it is called, and how sure it is.
type law struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Topic    string `json:"topic"`
	Sections string `json:"sections"`
	// Basis is explicit or derived.
	Basis    string `json:"basis"`
	Verified bool   `json:"verified"`
	// Force is current, not-yet, ended or unchecked.
	Force string `json:"force"`
}

// named is something with an id and a name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// list makes an empty list of what was nil, so that the JSON has a list.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
