// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart starts the built program on the example municipality and opens the first page, and tells the time from nothing
// to the page, the memory held after it, and the size of the program as it is released. "cold" begins with an empty directory.
func BenchmarkStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "insegel")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			b.StartTimer()
			firstPage(b, program, dir)
		}
	})
	b.Run("warm", func(b *testing.B) {
		dir := b.TempDir()
		firstPage(b, program, dir)
		var rss float64
		b.ResetTimer()
		for b.Loop() {
			rss = max(rss, firstPage(b, program, dir))
		}
		b.ReportMetric(rss, "RSS-MB")
		b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
	})
}

// firstPage runs the program until its first page has been read, and gives the memory that it then holds, in megabytes.
func firstPage(b *testing.B, program, dir string) float64 {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, program, "demo", "--dir", dir, "--addr", freeAddress(b))
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	link, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("read the link: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	for {
		res, err := client.Get(strings.TrimSpace(link))
		if err != nil { // it does not answer yet
			if ctx.Err() != nil {
				b.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			continue
		}
		_, err = io.Copy(io.Discard, res.Body)
		if e := res.Body.Close(); err != nil || e != nil || res.StatusCode != http.StatusOK {
			b.Fatalf("first page: status %d, %v, %v", res.StatusCode, err, e)
		}
		return resident(b, cmd.Process.Pid)
	}
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// resident reads the memory that a process holds, in megabytes.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("no /proc to read memory from: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			return kb / 1e3
		}
	}
	b.Fatal("the process tells no VmRSS")
	return 0
}
