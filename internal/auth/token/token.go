// SPDX-License-Identifier: EUPL-1.2

// Package token holds the keys that programs use (Swedish: API-nyckel): of the directory that tells of people, of agents, of readers.
// A key has one scope and an end, is shown once, stands in the database as a hash, and can be revoked at once.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/insegel/insegel/internal/access"
)

// Scope is what a key is for. It gives the key one role, which no person can hold.
type Scope string

// The scopes.
const (
	SCIM  Scope = "scim"
	Agent Scope = "agent"
	Read  Scope = "api:read"
	Write Scope = "api:write"
	Log   Scope = "api:log"
)

// Role is what a key of the scope acts as.
func (s Scope) Role() access.Role {
	switch s {
	case SCIM:
		return access.Directory
	case Agent:
		return access.Agent
	case Read:
		return access.Reader
	case Write:
		return access.Writer
	case Log:
		return access.LogReader
	default:
		return ""
	}
}

// Scopes lists the scopes that open something today.
func Scopes() []Scope {
	var out []Scope
	for _, s := range []Scope{SCIM, Agent, Read, Write, Log} {
		actor := access.Actor{Organisation: "x", Roles: []access.Role{s.Role()}}
		if slices.ContainsFunc(access.Actions(), func(action string) bool { return access.Allowed(actor, action) }) {
			out = append(out, s)
		}
	}
	return out
}

// Key is one key, without its secret.
type Key struct {
	// ID is the first part of the key, by which it is recognised.
	ID        string
	Name      string
	Scope     Scope
	CreatedBy string
	Created   time.Time
	Expires   time.Time
	// Used is when it was last used, and From from where; zero when it never was.
	Used time.Time
	From string
	// Revoked is when somebody took it back; zero while it stands.
	Revoked time.Time
}

// Stands reports whether the key opens anything at a time.
func (k *Key) Stands(now time.Time) bool { return k.Revoked.IsZero() && now.Before(k.Expires) }

// Longest is how long a key may stand.
const Longest = 365 * 24 * time.Hour

var (
	// ErrRefused says that a key opens nothing: it is not one, or is not known, has expired, is revoked, or is for something else. Which
	// of these it is, is not told.
	ErrRefused = errors.New("the key is not accepted")
	// ErrName says that a key lacks a name.
	ErrName = errors.New("write what uses the key, in at most 100 characters")
	// ErrScope says that no key can be for that.
	ErrScope = errors.New("no key can be for that")
	// ErrExpires says that a key would stand for too long, or not at all.
	ErrExpires = errors.New("a key stands for at least a day and at most a year")
)

// prefix marks our keys, so that a program that looks for lost ones finds them.
const prefix = "ins_"

// The parts of a key, in bytes.
const (
	idBytes     = 10
	orgBytes    = 16
	secretBytes = 32
	sumBytes    = 4
	allBytes    = idBytes + orgBytes + secretBytes + sumBytes
	// idLength is how many characters of a key are its id.
	idLength = idBytes * 8 / 5
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// parsed is a key as it came in.
type parsed struct {
	id   string
	org  access.OrganisationID
	hash string
}

// draw makes a key of an organisation. The text is shown once.
func draw(org access.OrganisationID) (text string, p parsed, err error) {
	u, err := uuid.Parse(org.String())
	if err != nil {
		return "", parsed{}, fmt.Errorf("make key: %w", err)
	}
	b := make([]byte, allBytes)
	if _, err := rand.Read(b); err != nil {
		return "", parsed{}, fmt.Errorf("draw key: %w", err)
	}
	copy(b[idBytes:], u[:])
	text = seal(b)
	p, err = parse(text)
	return text, p, err
}

// seal puts the sum at the end of a key and writes it as text.
func seal(b []byte) string {
	binary.BigEndian.PutUint32(b[allBytes-sumBytes:], crc32.ChecksumIEEE(b[:allBytes-sumBytes]))
	return prefix + letters.EncodeToString(b)
}

// parse reads a key. The sum at its end tells a mistyped key from a wrong one without asking the database.
func parse(text string) (parsed, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || len(rest) != letters.EncodedLen(allBytes) {
		return parsed{}, ErrRefused
	}
	b, err := letters.DecodeString(rest)
	if err != nil || len(b) != allBytes || letters.EncodeToString(b) != rest || // one key has one spelling
		binary.BigEndian.Uint32(b[allBytes-sumBytes:]) != crc32.ChecksumIEEE(b[:allBytes-sumBytes]) {
		return parsed{}, ErrRefused
	}
	org, err := uuid.FromBytes(b[idBytes : idBytes+orgBytes])
	if err != nil {
		return parsed{}, ErrRefused
	}
	sum := sha256.Sum256([]byte(text))
	return parsed{id: rest[:idLength], org: access.OrganisationID(org.String()), hash: hex.EncodeToString(sum[:])}, nil
}

// bearer takes the key out of an Authorization header.
func bearer(header string) (string, bool) {
	scheme, key, ok := strings.Cut(header, " ")
	return key, ok && strings.EqualFold(scheme, "Bearer") && key != "" && len(key) < 200
}
