// SPDX-License-Identifier: EUPL-1.2

package browser

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// maxMemory is how much memory each of the browser's processes may take, in KiB. A page that wants more is not shown.
const maxMemory = 1 << 20

// bounded is the program with its arguments as it is started so that none of its processes can take more memory than that.
func bounded(program string, args []string) (string, []string) {
	return "/bin/sh", append([]string{"-c", `ulimit -d "$0" && exec "$@"`, strconv.Itoa(maxMemory), program}, args...)
}

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
