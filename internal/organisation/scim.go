// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SCIMError is a fault as RFC 7644 writes it.
type SCIMError struct {
	// Status is the HTTP status, Type the scimType, Detail what is wrong and what to do.
	Status int
	Type   string
	Detail string
}

// Error says what is wrong.
func (e *SCIMError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Type, e.Detail) }

func badFilter(format string, args ...any) error {
	return &SCIMError{400, "invalidFilter", fmt.Sprintf(format, args...)}
}

func badPath(format string, args ...any) error {
	return &SCIMError{400, "invalidPath", fmt.Sprintf(format, args...)}
}

func badValue(format string, args ...any) error {
	return &SCIMError{400, "invalidValue", fmt.Sprintf(format, args...)}
}

// The limits of what a directory may send.
const (
	mostFilter     = 1000
	mostOperations = 1000
	mostMembers    = 10_000
)

// Condition is one comparison of a filter: the attribute, in lower case with dots, equals the value.
type Condition struct {
	Attribute string
	Value     any
}

// filterable are the attributes that a filter may compare.
var filterable = []string{
	"id", "externalid", "username", "displayname", "active", "emails", "emails.value", "members", "members.value", "name.formatted", "meta.resourcetype",
}

// ParseFilter reads a filter. What directories use to find what they have told of before is understood: comparisons with "eq", joined
// by "and". What is not is refused, because a filter that is half understood finds the wrong person.
func ParseFilter(text string) ([]Condition, error) {
	if len(text) > mostFilter || !utf8.ValidString(text) {
		return nil, badFilter("the filter is too long, or is no text")
	}
	p := &filterParser{text: text}
	var out []Condition
	for {
		c, err := p.comparison()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(filterable, c.Attribute) {
			return nil, badFilter("%q cannot be filtered by", c.Attribute)
		}
		out = append(out, c)
		p.space()
		if p.rest() == "" {
			return out, nil
		}
		if !p.word("and") {
			return nil, badFilter("only comparisons with eq, joined by and, are understood")
		}
	}
}

// filterParser reads a filter from the left.
type filterParser struct {
	text string
	at   int
}

func (p *filterParser) rest() string { return p.text[p.at:] }

func (p *filterParser) space() {
	for strings.HasPrefix(p.rest(), " ") {
		p.at++
	}
}

// word takes a word that stands next, whatever its case.
func (p *filterParser) word(w string) bool {
	r := p.rest()
	if len(r) < len(w) || !strings.EqualFold(r[:len(w)], w) || len(r) > len(w) && r[len(w)] != ' ' {
		return false
	}
	p.at += len(w)
	return true
}

// attribute takes a name: letters, digits, and what stands in a URN.
func (p *filterParser) attribute() string {
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c != '.' && c != ':' && c != '_' && c != '-' && c != '$' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		p.at++
	}
	return p.text[start:p.at]
}

func (p *filterParser) comparison() (Condition, error) {
	p.space()
	name := p.attribute()
	if name == "" {
		return Condition{}, badFilter("the filter lacks an attribute")
	}
	p.space()
	if !p.word("eq") {
		return Condition{}, badFilter("only eq is understood")
	}
	p.space()
	v, err := p.value()
	if err != nil {
		return Condition{}, err
	}
	return Condition{Attribute: plainName(name), Value: v}, nil
}

// value takes a text in quotation marks, true, false or a number.
func (p *filterParser) value() (any, error) {
	r := p.rest()
	end := strings.IndexAny(r, " ])")
	if strings.HasPrefix(r, `"`) {
		for end = 1; end < len(r) && r[end] != '"'; end++ {
			if r[end] == '\\' {
				end++
			}
		}
		end++
	}
	if end < 0 {
		end = len(r)
	}
	if end > len(r) {
		return nil, badFilter("a text lacks its end")
	}
	var v any
	raw := r[:end]
	if strings.EqualFold(raw, "true") || strings.EqualFold(raw, "false") {
		raw = strings.ToLower(raw)
	}
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		return nil, badFilter("the value %q is no text, number, true or false", raw)
	}
	switch v.(type) {
	case string, bool, float64:
	default:
		return nil, badFilter("the value %q is no text, number, true or false", raw)
	}
	p.at += end
	return v, nil
}

// The schemas.
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// plainName is an attribute's name in lower case, without the schema before it.
func plainName(name string) string {
	low := strings.ToLower(name)
	for _, schema := range []string{userSchema, groupSchema, enterpriseSchema} {
		if rest, ok := strings.CutPrefix(low, strings.ToLower(schema)); ok && (rest == "" || rest[0] == ':' || rest[0] == '.') {
			return strings.TrimLeft(rest, ":.")
		}
	}
	return low
}

// Operation is one step of a PATCH.
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Path is what an operation is about: an attribute, or a part of it, of all its values or of those that a condition picks.
type Path struct {
	Attribute string
	// Where picks among several values; nil is all of them.
	Where *Condition
	Sub   string
}

// ParsePath reads the path of an operation.
func ParsePath(text string) (Path, error) {
	if len(text) > mostFilter || !utf8.ValidString(text) {
		return Path{}, badPath("the path is too long, or is no text")
	}
	p := &filterParser{text: text}
	name := plainName(p.attribute())
	if name == "" {
		return Path{}, badPath("%q names no attribute", text)
	}
	var out Path
	out.Attribute, out.Sub, _ = strings.Cut(name, ".")
	if strings.HasPrefix(p.rest(), "[") {
		p.at++
		c, err := p.comparison()
		if err != nil {
			return Path{}, badPath("%q: what stands in [ ] is not understood", text)
		}
		p.space()
		if !strings.HasPrefix(p.rest(), "]") || out.Sub != "" {
			return Path{}, badPath("%q: ] is missing or misplaced", text)
		}
		p.at++
		out.Where = &c
		if strings.HasPrefix(p.rest(), ".") {
			p.at++
			if out.Sub = strings.ToLower(p.attribute()); out.Sub == "" {
				return Path{}, badPath("%q ends with a full stop", text)
			}
		}
	}
	if p.rest() != "" || out.Attribute == "" || strings.Contains(out.Sub, ".") {
		return Path{}, badPath("%q is not understood", text)
	}
	return out, nil
}

// Steps takes a PATCH apart into single steps: a step without a path changes each attribute that its value names, which may have dots
// or a schema in it, as directories write them.
func Steps(operations []Operation) ([]Step, error) {
	if len(operations) == 0 || len(operations) > mostOperations {
		return nil, badValue("a PATCH has 1 to %d operations", mostOperations)
	}
	var out []Step
	for _, o := range operations {
		op := strings.ToLower(o.Op)
		if op != "add" && op != "replace" && op != "remove" {
			return nil, &SCIMError{400, "invalidSyntax", fmt.Sprintf("the operation %q is none of add, replace and remove", o.Op)}
		}
		if o.Path != "" {
			path, err := ParsePath(o.Path)
			if err != nil {
				return nil, err
			}
			out = append(out, Step{op, path, o.Value})
			continue
		}
		if op == "remove" {
			return nil, &SCIMError{400, "noTarget", "a remove needs a path"}
		}
		steps, err := spread(op, "", o.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	return out, nil
}

// spread makes one step of each attribute of a value.
func spread(op, before string, value any) ([]Step, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, badValue("an operation without a path has an object as its value")
	}
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []Step
	for _, name := range names {
		plain := plainName(name)
		switch plain {
		case "schemas", "id", "meta", "groups": // not a directory's to change
			continue
		case "": // an extension as an object of its own
			steps, err := spread(op, before, object[name])
			if err != nil {
				return nil, err
			}
			out = append(out, steps...)
			continue
		}
		path, err := ParsePath(name)
		if err != nil {
			return nil, err
		}
		out = append(out, Step{op, path, object[name]})
	}
	return out, nil
}

// Step is one change of one attribute.
type Step struct {
	Op string
	Path
	Value any
}

// asText reads a text; directories send numbers, and null for nothing.
func asText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return clean(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case []any:
		if len(v) == 1 {
			return asText(v[0])
		}
	case map[string]any:
		if x, ok := field(v, "value"); ok {
			return asText(x)
		}
	}
	return "", badValue("a text is wanted, not %s", kindOf(v))
}

// asBool reads yes or no; some directories send it as a text.
func asBool(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			return strings.EqualFold(v, "true"), nil
		}
	case []any:
		if len(v) == 1 {
			return asBool(v[0])
		}
	case map[string]any:
		if x, ok := field(v, "value"); ok {
			return asBool(x)
		}
	}
	return false, badValue("active is true or false")
}

func kindOf(v any) string {
	if v == nil {
		return "null"
	}
	return reflect.TypeOf(v).Kind().String()
}

// field finds a value by its name, whatever its case.
func field(object map[string]any, name string) (any, bool) {
	if v, ok := object[name]; ok {
		return v, true
	}
	for k, v := range object {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

// clean makes a text fit to store: no database stores NUL, and marks of direction make a name look like another.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == 0 || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\u061c' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.TrimSpace(s)
}

// DirectoryUser is a person as a directory tells of them.
type DirectoryUser struct {
	UserName, ExternalID                  string
	DisplayName, Formatted, Given, Family string
	Email, Department                     string
	Active                                bool
}

// ErrUserName says that a directory told of somebody without a user name.
var ErrUserName = errors.New("userName is missing, or longer than 200 characters")

// PersonName is what the person is called: what the directory shows, or else what it puts together.
func (u *DirectoryUser) PersonName() string {
	for _, name := range []string{u.DisplayName, u.Formatted, strings.TrimSpace(u.Given + " " + u.Family), u.UserName} {
		if name != "" {
			return clip(name, "")
		}
	}
	return ""
}

// Apply makes one step of a PATCH, or of a whole user, which is as many steps. An attribute that the program does not keep is passed
// over, as RFC 7644 lets it.
func (u *DirectoryUser) Apply(s Step) error {
	if s.Op == "remove" {
		s.Value = nil
	}
	texts := map[string]*string{
		"username": &u.UserName, "externalid": &u.ExternalID, "displayname": &u.DisplayName, "name.formatted": &u.Formatted,
		"name.givenname": &u.Given, "name.familyname": &u.Family, "department": &u.Department,
	}
	name := s.Attribute
	if s.Sub != "" {
		name += "." + s.Sub
	}
	if to, ok := texts[name]; ok {
		v, err := asText(s.Value)
		if err != nil {
			return err
		}
		*to = v
		return nil
	}
	switch s.Attribute {
	case "active":
		if s.Op == "remove" {
			return &SCIMError{400, "mutability", "active cannot be removed; set it to false"}
		}
		v, err := asBool(s.Value)
		if err != nil {
			return err
		}
		u.Active = v
	case "name":
		return u.object(s, "name")
	case "emails":
		return u.emails(s)
	}
	return nil
}

// object takes each part of an attribute that has parts.
func (u *DirectoryUser) object(s Step, name string) error {
	if s.Value == nil {
		u.Formatted, u.Given, u.Family = "", "", ""
		return nil
	}
	parts, ok := s.Value.(map[string]any)
	if !ok {
		return badValue("%s has parts", name)
	}
	for part, v := range parts {
		if err := u.Apply(Step{s.Op, Path{Attribute: name, Sub: strings.ToLower(part)}, v}); err != nil {
			return err
		}
	}
	return nil
}

// emails takes the address at work, or else the primary, or else the first: the program keeps one.
func (u *DirectoryUser) emails(s Step) error {
	if s.Where != nil || s.Sub != "" {
		if s.Sub != "" && s.Sub != "value" || s.Where != nil && !s.Where.atWork() {
			return nil
		}
		v, err := asText(s.Value)
		if err == nil {
			u.Email = v
		}
		return err
	}
	list, ok := s.Value.([]any)
	if !ok && s.Value != nil {
		list = []any{s.Value}
	}
	best, found := -1, ""
	for _, item := range list {
		address, err := asText(item)
		if err != nil {
			return err
		}
		if weight := emailWeight(item); weight > best {
			best, found = weight, address
		}
	}
	u.Email = found
	return nil
}

// atWork reports whether a condition picks the address that the program keeps.
func (c *Condition) atWork() bool {
	return c.Attribute == "type" && c.Value == "work" || c.Attribute == "primary" && c.Value == true
}

func emailWeight(item any) int {
	weight := 0
	if object, ok := item.(map[string]any); ok {
		if kind, _ := field(object, "type"); kind == "work" {
			weight += 2
		}
		if primary, _ := field(object, "primary"); primary == true {
			weight++
		}
	}
	return weight
}

// WholeUser reads a user that replaces what was known.
func WholeUser(object map[string]any) (DirectoryUser, error) {
	u := DirectoryUser{Active: true}
	steps, err := spread("replace", "", object)
	if err != nil {
		return u, err
	}
	for _, s := range steps {
		if s.Attribute == "active" && s.Value == nil {
			continue
		}
		if err := u.Apply(s); err != nil {
			return u, err
		}
	}
	return u, u.check()
}

func (u *DirectoryUser) check() error {
	if u.UserName == "" || len([]rune(u.UserName)) > 200 || len(u.ExternalID) > 200 {
		return badValue("%v", ErrUserName)
	}
	return nil
}

// DirectoryGroup is a group as a directory tells of it.
type DirectoryGroup struct {
	Name, ExternalID string
	Members          []string
}

// Apply makes one step of a PATCH, or of a whole group.
func (g *DirectoryGroup) Apply(s Step) error {
	switch s.Attribute {
	case "displayname", "externalid":
		v, err := asText(s.Value)
		if err != nil {
			return err
		}
		if s.Attribute == "externalid" {
			g.ExternalID = v
		} else if s.Op != "remove" {
			g.Name = v
		}
	case "members":
		return g.members(s)
	}
	return nil
}

func (g *DirectoryGroup) members(s Step) error {
	ids, err := memberIDs(s.Value)
	if err != nil {
		return err
	}
	if s.Where != nil {
		id, ok := s.Where.Value.(string)
		if !ok || s.Where.Attribute != "value" {
			return badPath("members are picked by value")
		}
		if s.Op != "remove" {
			return &SCIMError{400, "mutability", "a member is added or removed, not changed"}
		}
		ids = []string{id}
	}
	switch {
	case s.Op == "replace":
		g.Members = nil
	case s.Op == "remove" && s.Where == nil && len(ids) == 0:
		g.Members = nil
		return nil
	case s.Op == "remove":
		g.Members = slices.DeleteFunc(g.Members, func(id string) bool { return slices.Contains(ids, id) })
		return nil
	}
	have := make(map[string]bool, len(g.Members))
	for _, id := range g.Members {
		have[id] = true
	}
	for _, id := range ids {
		if !have[id] {
			have[id] = true
			g.Members = append(g.Members, id)
		}
	}
	if len(g.Members) > mostMembers {
		return &SCIMError{413, "", fmt.Sprintf("a group has at most %d members", mostMembers)}
	}
	return nil
}

// memberIDs reads members: objects with a value, or the ids themselves.
func memberIDs(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, item := range list {
		id, err := asText(item)
		if err != nil || id == "" {
			return nil, badValue("a member has the id of a user as its value")
		}
		out = append(out, id)
	}
	return out, nil
}

// WholeGroup reads a group that replaces what was known.
func WholeGroup(object map[string]any) (DirectoryGroup, error) {
	var g DirectoryGroup
	steps, err := spread("replace", "", object)
	if err != nil {
		return g, err
	}
	for _, s := range steps {
		if err := g.Apply(s); err != nil {
			return g, err
		}
	}
	return g, g.check()
}

func (g *DirectoryGroup) check() error {
	if g.Name == "" || len([]rune(g.Name)) > 200 || len(g.ExternalID) > 200 {
		return badValue("displayName is missing, or longer than 200 characters")
	}
	return nil
}
