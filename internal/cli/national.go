// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/outbound"
)

// nationalCommand are the commands about many municipalities side by side.
type nationalCommand struct {
	Keygen   nationalKeygen   `cmd:"" help:"Make the key that submissions are signed with."`
	Preview  nationalPreview  `cmd:"" help:"Show exactly what a submission would hold. Nothing leaves."`
	Submit   nationalSubmit   `cmd:"" help:"Sign the figures of a period, and write them to a file or send them."`
	Receive  nationalReceive  `cmd:"" help:"Take in submissions: a file, or every *.json directly in a directory. Exit code 2 when any was rejected."`
	Sums     nationalSums     `cmd:"" help:"Add up a period."`
	Publish  nationalPublish  `cmd:"" help:"Publish a period, with small numbers hidden."`
	Kolada   nationalKolada   `cmd:"" help:"Fetch measures and groups of municipalities from Kolada, or from another API with its shapes, to stand beside our own figures."`
	Whatif   nationalWhatIf   `cmd:"" help:"Show what a draft of a law or a requirement would change for an invented nation. Nothing is adopted."`
	Simulate nationalSimulate `cmd:"" help:"Make an invented nation: in a database, or as submissions in a directory."`
}

// The files of keys.
const (
	keyFile    = "submission.key"
	publicFile = "submission.pub"
	keysFile   = "keys.csv"
	truthFile  = "truth.csv"
	// concentrationFolder holds what municipalities depend on, below where their sums are.
	concentrationFolder = "concentration"
	secretAccess        = 0o600
	publicAccess        = 0o644
	folderAccess        = 0o755
)

type nationalKeygen struct {
	Out          string `short:"o" required:"" help:"The directory to put the key in. It is made when it does not exist." placeholder:"DIR"`
	Municipality string `help:"The code of the municipality, for the file of keys that the receiver reads." placeholder:"CODE"`
}

// Run makes a key. One that exists is never written over.
func (c *nationalKeygen) Run(s *streams) error {
	name := "insegel"
	if c.Municipality != "" {
		cat, err := app.Catalogue()
		if err != nil {
			return err
		}
		if _, ok := cat.Municipality(c.Municipality); !ok {
			return fmt.Errorf("--municipality %s: %w", c.Municipality, national.ErrMunicipality)
		}
		name = national.KeyName(c.Municipality)
	}
	k, err := national.NewKey(name)
	if err != nil {
		return err
	}
	if err := saveKey(c.Out, k); err != nil {
		return err
	}
	if c.Municipality != "" {
		var b bytes.Buffer
		if err := national.WriteKeys(&b, []national.Registered{{Municipality: c.Municipality, Verifier: k.Verifier}}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Out, keysFile), b.Bytes(), publicAccess); err != nil { //nolint:gosec // public keys
			return fmt.Errorf("write keys: %w", err)
		}
	}
	fmt.Fprintln(s.out, k.Verifier)
	fmt.Fprintf(s.err, "The private key is in %s. Give the line above to the receiver.\n", filepath.Join(c.Out, keyFile))
	return nil
}

func saveKey(dir string, k national.Key) error {
	if err := os.MkdirAll(dir, folderAccess); err != nil { //nolint:gosec // the key itself is for its owner alone
		return fmt.Errorf("make directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, keyFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, secretAccess)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.WriteString(k.Private + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, publicFile), []byte(k.Verifier+"\n"), publicAccess); err != nil { //nolint:gosec // a public key
		return fmt.Errorf("write public key: %w", err)
	}
	return nil
}

// period is the flag of a command about one period.
type period struct {
	Period string `required:"" help:"The year or quarter: 2026 or 2026-Q3." placeholder:"PERIOD"`
}

func (p *period) parse() (national.Period, error) {
	out, err := national.ParsePeriod(p.Period)
	if err != nil {
		return out, usage("--period %s: %v", p.Period, err)
	}
	return out, nil
}

type nationalPreview struct {
	database
	tenant
	period
	Municipality  string `help:"The code of the municipality. The one that the organisation has said it is when left out." placeholder:"CODE"`
	Concentration bool   `help:"Show what would leave about which suppliers and kinds of systems the organisation depends on, instead of its sums."`
}

// Run shows what would leave.
func (c *nationalPreview) Run(s *streams) error {
	p, err := c.parse()
	if err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	draft := national.Draft{Municipality: c.Municipality, Period: p}
	var b []byte
	if c.Concentration {
		var x national.ConcentrationDraft
		if x, err = a.National.PreviewConcentration(s.ctx, actor, draft); err == nil {
			b, err = x.Encode()
		}
	} else {
		var x national.Submission
		if x, err = a.National.Preview(s.ctx, actor, draft); err == nil {
			b, err = x.Encode()
		}
	}
	if err == nil {
		_, err = s.out.Write(b)
	}
	return closeAfter(a, err)
}

type nationalSubmit struct {
	database
	tenant
	period
	leave
	Municipality string `help:"The code of the municipality. The one that the organisation has said it is when left out." placeholder:"CODE"`
	To           string `help:"The address of the receiver to send it to." placeholder:"URL" xor:"where" required:""`
	Out          string `short:"o" help:"The file to write it to." placeholder:"FILE" xor:"where" required:""`
	Key          string `help:"The private key from keygen: the file, or its directory. submission.key here, or beside the program's own data, when left out." env:"INSEGEL_SUBMISSION_KEY" placeholder:"PATH"`
	Agree        bool   `help:"Agree to that the figures are sent. Not needed with -o, nor where it has been agreed on the page."`
	// Concentration is agreed to by itself.
	Concentration bool `help:"Send which suppliers and kinds of systems the organisation depends on, instead of its sums. It is agreed to apart from them."`
}

// Run signs the figures of a period and lets them leave.
func (c *nationalSubmit) Run(s *streams) error {
	p, err := c.parse()
	if err != nil {
		return err
	}
	k, err := c.key(s)
	if err != nil {
		return err
	}
	if c.reach, err = c.policy(); err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	draft := national.Draft{Municipality: c.Municipality, Period: p, Agree: c.Agree || c.Out != ""}
	var b []byte
	if c.Concentration {
		var x national.Concentration
		if x, err = a.National.SubmitConcentration(s.ctx, actor, draft, k); err == nil {
			b, err = x.Encode()
		}
	} else {
		var x national.Submission
		if x, err = a.National.Submit(s.ctx, actor, draft, k); err == nil {
			b, err = x.Encode()
		}
	}
	switch {
	case err != nil:
	case c.Out != "":
		err = os.WriteFile(c.Out, b, publicAccess) //nolint:gosec // it is made to be sent
	default:
		err = send(s, a.Outbound, c.To, b)
	}
	return closeAfter(a, err)
}

// key reads the key, or makes the first one beside the program's own data.
func (c *nationalSubmit) key(s *streams) (national.Key, error) {
	places := []string{keyFile, filepath.Join(app.DefaultDirectory(), keyFile)}
	if c.Key != "" {
		places = []string{filepath.Join(c.Key, keyFile), c.Key}
	}
	for _, place := range places {
		b, err := os.ReadFile(place)
		if err == nil {
			return national.ParseKey(string(b))
		}
	}
	if c.Key != "" {
		return national.Key{}, fmt.Errorf("read key: there is none in %s: make one with insegel national keygen -o DIR", c.Key)
	}
	k, err := national.NewKey("insegel")
	if err != nil {
		return k, err
	}
	fmt.Fprintf(s.err, "A key was made in %s. The receiver needs its public half:\n%s\n", app.DefaultDirectory(), k.Verifier)
	return k, saveKey(app.DefaultDirectory(), k)
}

// answerLimit is how much of a receiver's answer is read.
const answerLimit = 1 << 20

// send sends a submission to a receiver, and tells why when it was refused.
func send(s *streams, policy outbound.Policy, to string, body []byte) error {
	target := strings.TrimSuffix(to, "/")
	if !strings.HasSuffix(target, national.SubmitPath) {
		target += national.SubmitPath
	}
	at, err := url.Parse(target)
	if err != nil {
		return usage("--to %s: write an address such as https://insegel.example", to)
	}
	client, err := policy.Client(outbound.Request{Targets: []string{at.Scheme + "://" + at.Host}, Timeout: time.Minute})
	if err != nil {
		return fmt.Errorf("send submission: %w", err)
	}
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send submission: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("send submission: %w", err)
	}
	said, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read the receiver's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the receiver answered %s: %s", answer.Status, strings.TrimSpace(string(said)))
	}
	_, err = s.out.Write(said)
	return err
}

type nationalReceive struct {
	database
	tenant
	From  string `arg:"" help:"A submission, or a directory of them." placeholder:"FILE|DIR"`
	Trust string `help:"A file of keys (municipality,key) to register in a database that has none yet. It is logged." placeholder:"KEYS.csv"`
	JSON  bool   `name:"json" help:"Write JSON."`
}

// Run takes in submissions.
func (c *nationalReceive) Run(s *streams) error {
	names, err := submissions(c.From)
	if err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	if c.Trust != "" {
		if err := trust(s, a, c.Trust, func(list []national.Registered) error { return a.National.Trust(s.ctx, actor, list) }); err != nil {
			return closeAfter(a, err)
		}
	}
	in := national.Each(names, func(name string) national.Incoming {
		if name != c.From { // what is named by itself may be a pipe
			if err := ordinary(name); err != nil {
				return national.Incoming{Name: filepath.Base(name), Err: err}
			}
		}
		return readSubmission(name)
	})
	got, err := a.National.Receive(s.ctx, actor, in)
	if err != nil {
		return closeAfter(a, err)
	}
	if err := c.tell(s, got); err != nil {
		return closeAfter(a, err)
	}
	if len(got.Rejected) > 0 {
		err = fmt.Errorf("%d of %d were rejected", len(got.Rejected), len(names))
	}
	return closeAfter(a, err)
}

func (c *nationalReceive) tell(s *streams, got national.Received) error {
	if c.JSON {
		return json.NewEncoder(s.out).Encode(got)
	}
	for _, r := range got.Rejected {
		if _, err := fmt.Fprintf(s.out, "rejected %s: %s\n", plain(r.File), plain(r.Reason)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.out, "accepted %d, rejected %d\n", got.Accepted, len(got.Rejected))
	return err
}

// plain writes what a stranger wrote, or named a file, so that a terminal takes it for text.
func plain(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u00a0' || r == utf8.RuneError }) >= 0 {
		return strconv.Quote(s)
	}
	return s
}

func trust(_ *streams, a *app.App, file string, register func([]national.Registered) error) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	list, err := national.ReadKeys(f, a.Catalogue)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return register(list)
}

// submissions are the files that are to be taken in, by name.
func submissions(from string) ([]string, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, fmt.Errorf("read submissions: %w", err)
	}
	if !info.IsDir() {
		return []string{from}, nil
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil, fmt.Errorf("read submissions: %w", err)
	}
	var out []string
	for _, e := range entries {
		name := filepath.Join(from, e.Name())
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() { // through a link too
			continue
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out, nil
}

// ordinary refuses what is not a file in a directory of submissions: reading a pipe or a device may never end.
func ordinary(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return unread(err)
	case !info.Mode().IsRegular():
		return errors.New("cannot be read: it is not an ordinary file")
	default:
		return nil
	}
}

// unread says why a file cannot be read, without saying its name again.
func unread(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("cannot be read: %w", err)
}

func readSubmission(name string) national.Incoming {
	f, err := os.Open(name)
	if err != nil {
		return national.Incoming{Name: filepath.Base(name), Err: unread(err)}
	}
	x := national.Read(filepath.Base(name), f)
	x.Err = errors.Join(x.Err, f.Close())
	return x
}

type nationalSums struct {
	database
	tenant
	period
	JSON bool `name:"json" help:"Write JSON."`
}

// Run adds up a period.
func (c *nationalSums) Run(s *streams) error {
	p, err := c.parse()
	if err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	list, err := a.National.Sums(s.ctx, actor, p)
	switch {
	case err != nil:
	case c.JSON:
		err = json.NewEncoder(s.out).Encode(append([]national.Sum{}, list...))
	default:
		err = national.WriteSums(s.out, list)
	}
	return closeAfter(a, err)
}

type nationalPublish struct {
	database
	tenant
	period
}

// Run publishes a period.
func (c *nationalPublish) Run(s *streams) error {
	p, err := c.parse()
	if err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	return closeAfter(a, a.National.Publish(s.ctx, actor, p))
}

type nationalSimulate struct {
	database
	tenant
	Seed           uint64 `required:"" help:"The seed. The same one gives the same nation." placeholder:"N"`
	Municipalities int    `help:"How many municipalities." default:"290" placeholder:"N"`
	Systems        int    `help:"How many systems in each." default:"700" placeholder:"N"`
	Out            string `short:"o" help:"Write a submission for each municipality, their keys and the true sums to this directory. Without --db nothing else is done." placeholder:"DIR"`
}

// Run makes an invented nation.
func (c *nationalSimulate) Run(s *streams) error {
	cat, err := app.Catalogue()
	if err != nil {
		return err
	}
	const most = 100_000
	if c.Municipalities < 1 || c.Municipalities > len(cat.Municipalities) {
		return usage("--municipalities %d: there are 1 to %d", c.Municipalities, len(cat.Municipalities))
	}
	if c.Systems < 1 || c.Systems > most {
		return usage("--systems %d: write 1 to %d", c.Systems, most)
	}
	sim := national.NewSimulation(followup.NewEngine(cat), c.Seed, c.Municipalities, c.Systems)
	if c.Out != "" {
		if err := c.write(s, sim); err != nil || c.DB == defaultDatabase() {
			return err
		}
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	if err = a.National.Fill(s.ctx, actor, sim); err == nil {
		fmt.Fprintf(s.err, "%d municipalities with %d systems each, up to %s.\n", c.Municipalities, c.Systems, national.LastCompleted(civil.Of(a.DB.Now())))
	}
	return closeAfter(a, err)
}

// write writes the last completed period's submissions, the keys and the true sums.
func (c *nationalSimulate) write(s *streams, sim *national.Simulation) error {
	if err := os.MkdirAll(c.Out, folderAccess); err != nil { //nolint:gosec // an invented nation
		return fmt.Errorf("make directory: %w", err)
	}
	period := national.LastCompleted(civil.Of(time.Now()))
	codes := sim.Codes()
	type made struct {
		key     national.Registered
		tallies followup.Tallies
		err     error
	}
	if err := writeConcentration(filepath.Join(c.Out, concentrationFolder), sim, period); err != nil {
		return err
	}
	var keys []national.Registered
	total := sim.NewTotal()
	for _, m := range national.Each(codes, func(code string) made {
		key, tallies, err := c.writeOne(sim, code, period)
		return made{key, tallies, err}
	}) {
		if m.err != nil {
			return m.err
		}
		keys = append(keys, m.key)
		total.Add(m.tallies)
	}
	var k, t bytes.Buffer
	if err := errors.Join(national.WriteKeys(&k, keys), national.WriteSums(&t, total.Sums())); err != nil {
		return err
	}
	err := errors.Join(
		os.WriteFile(filepath.Join(c.Out, keysFile), k.Bytes(), publicAccess),  //nolint:gosec // public keys
		os.WriteFile(filepath.Join(c.Out, truthFile), t.Bytes(), publicAccess), //nolint:gosec // an invented nation
	)
	if err == nil {
		fmt.Fprintf(s.err, "%d submissions for %s in %s.\n", len(codes), period, c.Out)
	}
	return err
}

// writeConcentration writes what the municipalities that agree to it would send of what they depend on, and how many depend on each thing: in a
// directory of its own, so that the one above holds the sums alone.
func writeConcentration(dir string, sim *national.Simulation, period national.Period) error {
	if err := os.MkdirAll(dir, folderAccess); err != nil { //nolint:gosec // an invented nation
		return fmt.Errorf("make directory: %w", err)
	}
	var all []national.Concentration
	for _, code := range sim.Codes() {
		profile := sim.Profile(code)
		x, ok, err := sim.Concentration(&profile, period)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		b, err := x.Encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, code+".json"), b, publicAccess) //nolint:gosec // an invented nation
		}
		if err != nil {
			return err
		}
		all = append(all, x)
	}
	var b bytes.Buffer
	if err := national.WriteDepending(&b, national.Depending(all)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, truthFile), b.Bytes(), publicAccess) //nolint:gosec // an invented nation
}

func (c *nationalSimulate) writeOne(sim *national.Simulation, code string, period national.Period) (national.Registered, followup.Tallies, error) {
	profile := sim.Profile(code)
	key, err := sim.Key(code)
	if err != nil {
		return national.Registered{}, nil, err
	}
	x, err := sim.Submission(&profile, period)
	if err != nil {
		return national.Registered{}, nil, err
	}
	b, err := x.Encode()
	if err == nil {
		err = os.WriteFile(filepath.Join(c.Out, code+".json"), b, publicAccess) //nolint:gosec // an invented nation
	}
	return national.Registered{Municipality: code, Verifier: key.Verifier}, sim.Tallies(&profile, period), err
}
