// SPDX-License-Identifier: EUPL-1.2

package printer

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is who the browser believes that it is.
const nobody = 65534

// confine gives the browser a user and a network of its own, in which there is nothing, and a group of processes that ends with it.
func confine(cmd *exec.Cmd, unconfined bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if unconfined {
		return
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
}

func kill(cmd *exec.Cmd) {
	// The group is the browser's own: nothing else is in it.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
