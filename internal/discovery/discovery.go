// SPDX-License-Identifier: EUPL-1.2

// Package discovery finds personal data (Swedish: personuppgifter) in files and databases, and puts in words why it believes so.
// It stands alone: rules come in as an fs.FS, and what is found is masked before it leaves.
package discovery
