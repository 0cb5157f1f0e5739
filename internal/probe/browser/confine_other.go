// SPDX-License-Identifier: EUPL-1.2

//go:build !linux

package browser

import "os/exec"

// bounded leaves the browser's memory to the system.
func bounded(program string, args []string) (string, []string) { return program, args }

// confine leaves the browser to its own sandbox where the system has no namespaces.
func confine(*exec.Cmd, bool) {}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended already
}

// taken is not known where the system does not tell it in files.
func taken(int) int64 { return 0 }
