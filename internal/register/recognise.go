// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"archive/zip"
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
)

// kinds are the first bytes of files that people take for lists, and what to say about each.
var kinds = []struct{ start, key string }{
	{"\x89PNG", "file-picture"},
	{"\xff\xd8\xff", "file-picture"},
	{"GIF8", "file-picture"},
	{"BM", "file-picture"},
	{"II*\x00", "file-picture"},
	{"MM\x00*", "file-picture"},
	{"%PDF", "file-pdf"},
	{"{\\rtf", "file-document"},
	{"\x1f\x8b", "file-archive"},
	{"7z\xbc\xaf", "file-archive"},
	{"Rar!", "file-archive"},
}

// recognise tells a workbook (true) from text (false) and refuses what is neither.
func recognise(b []byte) (bool, *FileError) {
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")):
		return true, recogniseZip(b)
	case bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return false, recogniseCompound(b)
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP",
		len(b) >= 12 && string(b[4:8]) == "ftyp":
		return false, unusable("file-picture")
	}
	for _, k := range kinds {
		// A short mark such as BM could also begin a name; a picture is never text.
		if bytes.HasPrefix(b, []byte(k.start)) && (len(k.start) > 3 || bytes.IndexByte(b, 0) >= 0 || k.start[0] >= 0x80 || k.start[0] == 0x1f) {
			return false, unusable(k.key)
		}
	}
	head := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(b[:min(len(b), 1024)], []byte("\xef\xbb\xbf")))))
	for _, mark := range []string{"<!doctype html", "<html", "<?xml", "<table", "<?mso"} {
		if strings.HasPrefix(head, mark) {
			return false, unusable("file-markup")
		}
	}
	return false, nil
}

// recogniseZip refuses what is packed like a workbook without being one, and what is too large when unpacked.
func recogniseZip(b []byte) *FileError {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return &FileError{Reason: because("file-broken"), Cause: err}
	}
	names := map[string]bool{}
	if len(z.File) > maxParts {
		return unusable("file-many-parts", "Max", maxParts)
	}
	var size uint64
	for _, f := range z.File {
		size += f.UncompressedSize64
		if size > maxBytes || f.UncompressedSize64 > maxBytes {
			return unusable("file-too-large", "Max", maxBytes>>20)
		}
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		names[name] = true
		if strings.HasPrefix(name, "word/") || strings.HasPrefix(name, "ppt/") {
			return unusable("file-document")
		}
	}
	switch {
	case slices.ContainsFunc(z.File, isDense):
		return unusable("file-dense")
	case names["xl/workbook.bin"]:
		return unusable("file-old-excel")
	case names["xl/workbook.xml"]:
		return nil
	case names["mimetype"] && names["content.xml"]:
		return unusable("file-opendocument")
	case names["[content_types].xml"]: // a workbook whose parts have unusual names
		return nil
	}
	return unusable("file-archive")
}

// isDense reports whether a part is packed more tightly than text in workbooks is.
func isDense(f *zip.File) bool {
	return f.UncompressedSize64 > leastDense && f.UncompressedSize64/maxRatio > f.CompressedSize64
}

// endings are what a file's name may end with.
var endings = []string{workbookEnding, ".csv", ".txt", ".tsv"}

const workbookEnding = ".xlsx"

// checkEnding refuses a file whose name says that it is another kind than it is. A paste has no name.
func checkEnding(name string, b []byte) *FileError {
	ending := strings.ToLower(path.Ext(name))
	isWorkbook := bytes.HasPrefix(b, []byte("PK"))
	switch {
	case name == "" || slices.Contains(endings, ending) && isWorkbook == (ending == workbookEnding):
		return nil
	case !slices.Contains(endings, ending):
		return unusable("file-ending")
	case isWorkbook:
		return unusable("file-is-workbook")
	default:
		return unusable("file-is-text")
	}
}

// recogniseCompound tells the contents of the older container of office files apart by the names of its streams.
func recogniseCompound(b []byte) *FileError {
	has := func(stream string) bool {
		var wide []byte
		for _, u := range utf16.Encode([]rune(stream)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		return bytes.Contains(b, wide)
	}
	switch {
	case has("EncryptedPackage"):
		return unusable("file-password")
	case has("WordDocument"), has("PowerPoint Document"):
		return unusable("file-document")
	default:
		return unusable("file-old-excel")
	}
}
