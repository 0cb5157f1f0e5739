// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/probe"
)

type agentCommand struct {
	Key agentKey `cmd:"" help:"Make this agent's key, if there is none, and show its public half."`
	Run agentRun `cmd:"" default:"withargs" help:"Ask the server for what is to be measured, measure it, and hand in what was found."`
}

type agentKey struct {
	KeyFile string `name:"key-file" help:"Where the agent's key lies. It is made for its owner alone." default:"insegel-agent.pem" env:"INSEGEL_AGENT_KEY" placeholder:"FILE"`
}

// keyBlock is the type of the agent's key in its file.
const keyBlock = "PRIVATE KEY"

// Run makes the key, or shows the one there is.
func (c *agentKey) Run(s *streams) error {
	k, err := readAgentKey(c.KeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = makeAgentKey(c.KeyFile)
	}
	if err != nil {
		return err
	}
	public, ok := k.Public().(ed25519.PublicKey)
	if !ok {
		return measurement.ErrAgent
	}
	return line(s.out, "%s\n", measurement.FormatKey(public))
}

func makeAgentKey(path string) (ed25519.PrivateKey, error) {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("draw agent's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("write agent's key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write agent's key: %w", err)
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: keyBlock, Bytes: der}), f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write agent's key: %w", err)
	}
	return k, nil
}

func readAgentKey(path string) (ed25519.PrivateKey, error) {
	text, err := readOwn(path)
	if err != nil {
		return nil, fmt.Errorf("read agent's key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != keyBlock {
		return nil, fmt.Errorf("read agent's key: %s is no key of an agent: make one with insegel agent key", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read agent's key: %w", err)
	}
	own, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read agent's key: %s is a key of another kind", path)
	}
	return own, nil
}

// readOwn reads a file that only its owner may read.
func readOwn(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was attempted
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s holds a secret and others may read it: let its owner alone do so (chmod 600)", path)
	}
	return text, nil
}

type agentRun struct {
	Server  string   `required:"" help:"The server's address, as https://HOST." env:"INSEGEL_SERVER" placeholder:"URL"`
	ID      string   `required:"" help:"The agent's id, as the page of agents shows it." env:"INSEGEL_AGENT" placeholder:"ID"`
	KeyFile string   `name:"key-file" help:"Where the agent's key lies." default:"insegel-agent.pem" env:"INSEGEL_AGENT_KEY" placeholder:"FILE"`
	Token   string   `name:"token-file" required:"" help:"A file with a key for programs, of the kind measuring agent." env:"INSEGEL_AGENT_TOKEN" placeholder:"FILE"`
	Network []string `name:"server-network" help:"A private network that the server stands in. May be repeated." placeholder:"CIDR"`
	Contact string   `help:"An address where those who are measured can reach you." env:"INSEGEL_CONTACT" placeholder:"ADDRESS"`
	Browser string   `help:"Run the scripts of pages that are empty without them, where the server allows it, in this browser (Chromium). It gets no network." env:"INSEGEL_CHROMIUM" placeholder:"PROGRAM"`
	Once    bool     `help:"Ask for work once, do it, and stop."`
	DryRun  bool     `name:"dry-run" help:"Tell what would be measured, and when. The work is not done, and is given out again when the agent next asks."`
}

// Run works until it is stopped.
func (c *agentRun) Run(s *streams) error {
	k, err := readAgentKey(c.KeyFile)
	if err != nil {
		return err
	}
	token, err := readOwn(c.Token)
	if err != nil {
		return fmt.Errorf("read key for programs: %w", err)
	}
	var policy outbound.Policy
	for _, text := range c.Network {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			return usage("--server-network: write the network as 10.0.0.0/8")
		}
		policy.Networks = append(policy.Networks, n)
	}
	client, err := measurement.NewClient(policy, c.Server, strings.TrimSpace(string(token)))
	if err != nil {
		return err
	}
	r := &measurement.Runner{
		Agent: ids.ID[measurement.Agent](c.ID), Key: k, Server: client, Clock: probe.WallClock(), Log: slog.New(slog.NewTextHandler(s.err, nil)),
		Probe: app.ProbeItself, Contact: c.Contact, Browser: c.Browser,
	}
	if c.DryRun {
		r.Plan = func(slots []probe.Slot) {
			for _, x := range slots {
				fmt.Fprintf(s.out, "%s %s\n", x.At.Format(time.RFC3339), x.Host)
			}
		}
	}
	if c.Once || c.DryRun {
		return r.Once(s.ctx)
	}
	return r.Run(s.ctx)
}
