// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/catalogue"
)

// Kinds of reasons that a level can have.
const (
	becauseInformation = "information"
	becauseLevel       = "level"
	becauseRisk        = "risk"
)

func (in *Input) lang() catalogue.Lang { return catalogue.Lang(in.Texts.Lang) }

func (in *Input) becauseAnswer(a *catalogue.ModelAspect, c *Classification, x Answer, lv catalogue.Level) []catalogue.Because {
	if in.Texts == nil {
		return nil
	}
	key := "classification.because-answer"
	switch {
	case c.Origin == FromImport && x.Perspective == Unspecified:
		key = "classification.because-import"
	case x.Perspective == Unspecified:
		key = "classification.because-answer-plain"
	}
	perspective := ""
	if x.Perspective != Unspecified {
		perspective = in.Texts.T("classification.for-" + x.Perspective)
	}
	text := in.Texts.T(key, "Aspect", a.Name.In(in.lang()), "Level", levelText(lv, in.lang()), "For", perspective)
	return []catalogue.Because{{Kind: becauseLevel, Ref: a.Aspect.String() + perspectiveRef(x.Perspective), Text: text}}
}

func perspectiveRef(p string) string {
	if p == Unspecified {
		return ""
	}
	return "." + p
}

func (in *Input) becauseAdjusted(adj Adjustment, lv catalogue.Level) []catalogue.Because {
	if in.Texts == nil {
		return nil
	}
	kind := becauseLevel
	if adj.Cause == Lowered {
		kind = becauseRisk
	}
	text := in.Texts.T("classification.because-"+adj.Cause, "Level", levelText(lv, in.lang()), "Reason", sentencePart(adj.Reason), "Approver", adj.Approver)
	return []catalogue.Because{{Kind: kind, Ref: adj.Aspect.String(), Text: text}}
}

func (in *Input) becauseSuggested(a *catalogue.ModelAspect, from []*catalogue.InformationType) []catalogue.Because {
	if in.Texts == nil {
		return nil
	}
	var out []catalogue.Because
	for _, t := range from {
		reason := t.Levels[a.Aspect].Reason.In(in.lang())
		lv := a.ForStep(t.Levels[a.Aspect].Step)
		text := in.Texts.T("classification.because-suggested", "Type", t.Name.In(in.lang()), "Level", levelText(lv, in.lang()), "Reason", sentencePart(reason))
		out = append(out, catalogue.Because{Kind: becauseInformation, Ref: t.ID, Text: text})
	}
	return out
}

// becauseBelow tells that an answer is lower than the information's types suggest: nothing is hidden by answering low.
func (in *Input) becauseBelow(a *catalogue.ModelAspect, from []*catalogue.InformationType) []catalogue.Because {
	if in.Texts == nil {
		return nil
	}
	var out []catalogue.Because
	for _, t := range from {
		lv := a.ForStep(t.Levels[a.Aspect].Step)
		text := in.Texts.T("classification.because-below", "Type", t.Name.In(in.lang()), "Level", levelText(lv, in.lang()))
		out = append(out, catalogue.Because{Kind: becauseInformation, Ref: t.ID, Text: text})
	}
	return out
}

// levelText writes a level with its digit and its name: "3 (allvarlig skada)".
func levelText(l catalogue.Level, lang catalogue.Lang) string {
	return strconv.Itoa(l.Value) + " (" + lowerFirst(l.Label.In(lang)) + ")"
}

func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}

// newSentence is where a sentence ends and another begins. "4 kap. 1 §" and "t.ex. namn" go on.
var newSentence = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[.!?] (\p{Lu})`) })

// sentencePart makes a text of several sentences stand inside one: inner full stops become semicolons and the last is dropped.
func sentencePart(s string) string {
	s = strings.TrimRight(strings.Join(strings.Fields(s), " "), ".!? ")
	return newSentence().ReplaceAllStringFunc(s, func(m string) string { return "; " + lowerFirst(m[2:]) })
}
