// SPDX-License-Identifier: EUPL-1.2

// Package printer makes tagged PDF documents of web pages that hold everything they need (Swedish: utskrift), with a Chromium that has no
// network and runs no scripts.
package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

var (
	// ErrMissing says that there is no Chromium to print with.
	ErrMissing = errors.New("PDF takes Chromium, which is not here: install it, or say where it is with --chromium")
	// ErrPrint says that a document could not be printed.
	ErrPrint = errors.New("print document")
	// ErrTooLong says that printing was stopped because it took too long.
	ErrTooLong = errors.New("it takes too long as PDF: choose fewer systems, or another format")
)

// names are what Chromium is called, in the order that it is looked for.
var names = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"}

// limit is how long one document may take: a busy machine takes its time to start a browser.
const limit = 90 * time.Second

// Printer prints one document at a time: each starts a browser, which takes some hundred megabytes.
type Printer struct {
	// Program is the browser.
	Program string
	// Unconfined lets the browser run without its own sandbox, which only a test with its own documents may ask for.
	Unconfined bool

	turn chan struct{}
}

// New gives a printer that uses a program.
func New(program string) *Printer { return &Printer{Program: program, turn: make(chan struct{}, 1)} }

// Find gives a printer that uses the program at a path, or the Chromium that is found when the path is empty. ErrMissing says that there
// is none.
func Find(path string) (*Printer, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return nil, fmt.Errorf("--chromium %s: %w", path, err)
		}
		return New(found), nil
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return New(found), nil
		}
	}
	return nil, ErrMissing
}

// arguments keep the browser from doing anything but to print. What a page asks for meets a proxy that is not there.
var arguments = []string{
	"--headless=new", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-extensions", "--disable-sync",
	"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-domain-reliability",
	"--disable-client-side-phishing-detection", "--metrics-recording-only", "--mute-audio", "--password-store=basic",
	"--proxy-server=socks5://127.0.0.1:9", "--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND",
	"--disable-dev-shm-usage", "--incognito",
	"--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline",
}

// policy lets a page use its own styles, and nothing else: no scripts, and nothing from elsewhere.
const policy = `<head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`

// PDF prints a page, which must have a head. It waits for its turn.
func (p *Printer) PDF(ctx context.Context, html []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: wait for the one before: %w", ErrPrint, ctx.Err())
	}
	dir, err := os.MkdirTemp("", "insegel-print-")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrint, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is the system's to clean
	page, out := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if !bytes.Contains(html, []byte("<head>")) {
		return nil, fmt.Errorf("%w: the page has no head to put the policy in", ErrPrint)
	}
	html = bytes.Replace(html, []byte("<head>"), []byte(policy), 1)
	if err := os.WriteFile(page, html, 0o600); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrint, err)
	}
	if err := p.run(ctx, dir, page, out); errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w: %w", ErrPrint, ErrTooLong)
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrint, err)
	}
	pdf, err := os.ReadFile(out) //nolint:gosec // in the directory that was made for it
	if err != nil {
		return nil, fmt.Errorf("%w: %s wrote none: %w", ErrPrint, p.Program, err)
	}
	return pdf, nil
}

func (p *Printer) run(ctx context.Context, dir, page, out string) error {
	args := append([]string{}, arguments...)
	args = append(args, "--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+out)
	if p.Unconfined {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.CommandContext(ctx, p.Program, append(args, "file://"+page)...) //nolint:gosec // the program that the operator named
	cmd.Env = []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	confine(cmd, p.Unconfined)
	cmd.Cancel = func() error { kill(cmd); return nil }
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	kill(cmd) // what it started and left behind
	return err
}
