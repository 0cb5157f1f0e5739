// SPDX-License-Identifier: EUPL-1.2

//go:build !race

package mutation

// raceFlags build what is tested as this test was built.
var raceFlags []string
