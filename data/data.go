// SPDX-License-Identifier: EUPL-1.2

// Package data holds what the world says (models, law, information types, requirements, threats, indicators, the map, detectors)
// as versioned YAML with Swedish and English side by side. It is a file system and nothing else.
package data

import "embed"

// Files is the catalogue that ships with the program. Hand it on as an fs.FS.
//
//go:embed authentication.yaml facts.yaml indicator-facts.yaml evidence.yaml evidence-life.yaml proof.yaml tender-topics.yaml law models information requirements threats indicators geography detectors probe signin.yaml incidents risk campaigns drafts
var Files embed.FS
