// SPDX-License-Identifier: EUPL-1.2

// Package tesseract has a program that knows letters in pictures look at images (Swedish: bildtolkning). It is a program of its own, which
// whoever scans has installed and asked for: nothing of it is in Insegel.
package tesseract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Limits on one image.
const (
	longest  = time.Minute
	mostText = 4 << 20
)

// Program is the installed program, with the languages that it knows.
type Program struct {
	path, languages string
}

// Find finds the program.
func Find(ctx context.Context) (*Program, error) {
	path, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, errors.New("tesseract is not installed: install it and its Swedish (tesseract-ocr and tesseract-ocr-swe in Debian)")
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--list-langs").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("tesseract does not tell its languages: %w", err)
	}
	have := strings.Fields(string(out))
	var use []string
	for _, l := range []string{"swe", "eng"} {
		if slices.Contains(have, l) {
			use = append(use, l)
		}
	}
	if len(use) == 0 {
		return nil, errors.New("tesseract knows neither Swedish nor English: install tesseract-ocr-swe")
	}
	return &Program{path, strings.Join(use, "+")}, nil
}

// Read gives the text of an image. The program gets it on its standard input, one processor, and a minute.
func (p *Program) Read(ctx context.Context, image io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	c := exec.CommandContext(ctx, p.path, "stdin", "stdout", "-l", p.languages)
	c.Env = []string{"OMP_THREAD_LIMIT=1", "PATH=/usr/bin:/bin"}
	c.Stdin = image
	out := &atMost{left: mostText}
	c.Stdout = out
	c.WaitDelay = time.Second
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("read image: %w", err)
	}
	return out.b.String(), nil
}

// atMost keeps so many bytes of what is written, and is an error for more.
type atMost struct {
	b    bytes.Buffer
	left int
}

// Write keeps what there is room for.
func (a *atMost) Write(p []byte) (int, error) {
	if a.left -= len(p); a.left < 0 {
		return 0, errors.New("an image with more text than images hold")
	}
	return a.b.Write(p)
}
