// SPDX-License-Identifier: EUPL-1.2

package browser

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

// taken is how many bytes of memory the processes of a group have of their own, together with what they share of it that is in no file. What they
// share is counted once for each. It is 0 where the system does not tell.
func taken(group int) int64 {
	list, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	var sum int64
	for _, dir := range list {
		if b, err := os.ReadFile(dir + "/stat"); err == nil && groupOf(b) == group {
			if b, err = os.ReadFile(dir + "/status"); err == nil {
				sum += ownMemory(string(b))
			}
		}
	}
	return sum
}

// groupOf is the group of a process by its line in /proc: the third word after its name, which stands in parentheses and may hold anything.
func groupOf(stat []byte) int {
	words := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(words) < 3 {
		return 0
	}
	n, err := strconv.Atoi(string(words[2]))
	if err != nil {
		return 0
	}
	return n
}

// ownMemory is what a process takes beside pages of files, in bytes.
func ownMemory(status string) int64 {
	var sum int64
	for line := range strings.Lines(status) {
		words := strings.Fields(line)
		if len(words) == 3 && (words[0] == "RssAnon:" || words[0] == "RssShmem:") {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				sum += n << 10
			}
		}
	}
	return sum
}
