// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
)

var (
	// ErrLarge says that a draft is larger than one may be.
	ErrLarge = errors.New("the draft is too large: it may be 40 files and 1 MiB in all")
	// ErrZip says that an archive cannot be read.
	ErrZip = errors.New("the archive cannot be read: make a new .zip file of the draft's YAML files")
	// ErrNoFiles says that there is nothing to read.
	ErrNoFiles = errors.New("there is no YAML file in it: a draft is one .yaml file, or a directory of them")
)

// Unpack gives the files of a draft that came as one file: YAML, or an archive of it.
func Unpack(name string, body []byte) ([]catalogue.DraftFile, error) {
	if !strings.EqualFold(path.Ext(name), ".zip") {
		return []catalogue.DraftFile{{Name: path.Base(filepath.ToSlash(name)), Text: string(body)}}, nil
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrZip, err)
	}
	return read(z)
}

// IsWhole reports whether a directory is a whole catalogue, rather than a draft to lay over one.
func IsWhole(dir fs.FS) bool {
	_, err := fs.Stat(dir, "facts.yaml")
	return err == nil
}

// Read gives the files of a draft in a file or a directory.
func Read(name string) ([]catalogue.DraftFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	if info.IsDir() {
		return read(os.DirFS(name))
	}
	if info.Size() > catalogue.MaxDraftBytes {
		return nil, ErrLarge
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	return Unpack(name, b)
}

// read gives the YAML files of a directory or an archive, by name. What else is there is left out.
func read(from fs.FS) ([]catalogue.DraftFile, error) {
	var out []catalogue.DraftFile
	left := int64(catalogue.MaxDraftBytes)
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(endings[:2], strings.ToLower(path.Ext(name))) {
			return err
		}
		if len(out) == catalogue.MaxDraftFiles {
			return ErrLarge
		}
		f, err := from.Open(name)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(f, left+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if left -= int64(len(b)); left < 0 {
			return ErrLarge
		}
		out = append(out, catalogue.DraftFile{Name: name, Text: string(b)})
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read draft: %w", err)
	case len(out) == 0:
		return nil, ErrNoFiles
	}
	return out, nil
}
