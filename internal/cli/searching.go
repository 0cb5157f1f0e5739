// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/finding"
)

// searching are the flags that say what may be searched for personal data. A page can only choose among what they allow.
type searching struct {
	ScanRoot    []string `name:"scan-root" help:"A directory that may be searched for personal data, with the name that pages show. May be repeated." env:"INSEGEL_SCAN_ROOT" placeholder:"NAME=DIR"`
	ScanHost    []string `name:"scan-host" help:"A database server that may be searched: postgres, mysql, sqlserver or oracle. May be repeated." env:"INSEGEL_SCAN_HOST" placeholder:"KIND://HOST:PORT"`
	ScanSecrets string   `name:"scan-secrets" help:"A directory with files that hold passwords of databases to search." env:"INSEGEL_SCAN_SECRETS" placeholder:"DIR"`
	ScanWorkers int      `name:"scan-workers" help:"How many parts of searches are done here at once; 0 leaves them to insegel worker." default:"1" env:"INSEGEL_SCAN_WORKERS" placeholder:"N"`
}

var rootName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^|=/\\\x00-\x1f]{1,60}$`) })

// limits reads the flags.
func (c *searching) limits() (app.Searching, error) {
	out := app.Searching{Workers: c.ScanWorkers, Limits: finding.Limits{Roots: map[string]string{}, Secrets: c.ScanSecrets}}
	if c.ScanWorkers < 0 || c.ScanWorkers > 64 {
		return out, usage("--scan-workers: give a number from 0 to 64")
	}
	for _, r := range c.ScanRoot {
		name, dir, ok := strings.Cut(r, "=")
		if !ok || !rootName().MatchString(name) || !filepath.IsAbs(dir) {
			return out, usage("--scan-root %s: write a name and a whole path, such as Gemensam=/mnt/gemensam", r)
		}
		if out.Roots[name] != "" {
			return out, usage("--scan-root %s: two directories have the name %s", r, name)
		}
		out.Roots[name] = filepath.Clean(dir)
	}
	for _, h := range c.ScanHost {
		kind, address, _ := strings.Cut(h, "://")
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" || kind == finding.Files || !slices.Contains(finding.Kinds, kind) {
			return out, usage("--scan-host %s: write the kind, the host and the port, such as postgres://db.example.se:5432", h)
		}
		out.Hosts = append(out.Hosts, h)
	}
	return out, nil
}
