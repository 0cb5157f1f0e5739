// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
)

// bilingual are the commands that answer the one at the terminal in Swedish and English, help and faults too. The others say what goes wrong
// in English.
var bilingual = []string{"scan", "probe"}

// texts are the texts that such commands need. All of the program's take longer to read than many a scan takes.
var texts = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{"app": app.Messages, "finding": finding.Messages})
})

// language is the one that a command is to answer in: what --lang says, or else the environment. It is empty for a command that has but
// one. The flag is looked for before the call is parsed, since what is wrong in a call is told as well.
func language(args []string, lookup func(string) string) string {
	if len(args) == 0 || !slices.Contains(bilingual, args[0]) {
		return ""
	}
	for i, a := range args {
		value, ok := strings.CutPrefix(a, "--lang=")
		if a == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if ok && slices.Contains(locale.Languages, value) {
			return value
		}
	}
	return locale.FromEnvironment(lookup)
}

// say says in the language of the answer what is written in English in the code: each line is a sentence. What is not known, such as what
// a driver answers, stays in English.
func (s *streams) say(sentences string) string {
	if s.lang == "" {
		return sentences
	}
	bundle, err := texts()
	if err != nil {
		return sentences
	}
	p := bundle.In(s.lang).Phrases("cli.said-", "finding.said-")
	lines := strings.Split(sentences, "\n")
	for i := range lines {
		lines[i], _ = p.Say(lines[i])
	}
	return strings.Join(lines, "\n")
}

// help writes a command's help in the language of the answer.
func (s *streams) help(o kong.HelpOptions, ctx *kong.Context) error {
	if s.lang != "sv" {
		return kong.DefaultHelpPrinter(o, ctx)
	}
	bundle, err := texts()
	if err != nil {
		return err
	}
	p := bundle.In(s.lang).Phrases("cli.help-")
	sayHelp(p, ctx.Model.Node)
	var written bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &written
	err = kong.DefaultHelpPrinter(o, ctx)
	ctx.Stdout = out
	if err != nil {
		return err
	}
	lines := strings.Split(written.String(), "\n")
	for i := range lines {
		lines[i], _ = p.Say(lines[i])
	}
	_, err = out.Write([]byte(strings.Join(lines, "\n")))
	return err
}

// sayHelp says what a command, its flags and all below it are for.
func sayHelp(p *locale.Phrases, n *kong.Node) {
	n.Help, _ = p.Say(n.Help)
	for _, a := range n.Positional {
		a.Help, _ = p.Say(a.Help)
		a.Name, _ = p.Say(a.Name)
	}
	for _, f := range n.Flags {
		f.Help, _ = p.Say(f.Help)
		f.PlaceHolder, _ = p.Say(f.PlaceHolder)
	}
	for _, c := range n.Children {
		sayHelp(p, c)
	}
}
