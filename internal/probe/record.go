// SPDX-License-Identifier: EUPL-1.2

package probe

// Schema is the name of the record's form.
const Schema = "insegel.probe/1"

// Record is what one run found. Lists in it are never null.
type Record struct {
	Schema      string   `json:"schema"`
	URL         string   `json:"url"`
	Verdict     string   `json:"verdict"`
	Factors     *int     `json:"factors"`
	LoA         *int     `json:"loa"`
	Confidence  string   `json:"confidence"`
	Grade       string   `json:"grade"`
	WeakestPath int      `json:"weakest_path"`
	Paths       []Path   `json:"paths"`
	TLS         []TLS    `json:"tls"`
	Hops        []Hop    `json:"hops"`
	Reasons     []string `json:"reasons"`
	ReasonsEN   []string `json:"reasons_en,omitempty"` // only inside the product, which has readers of both languages
	Limits      []string `json:"limits"`
	Target      Target   `json:"target"`
	Vantage     Vantage  `json:"vantage"`
	ApprovalID  *string  `json:"approval_id"`
	Started     string   `json:"started"`
	Ended       string   `json:"ended"`
	Version     string   `json:"version"`
	Ruleset     string   `json:"ruleset"`
	Signature   string   `json:"signature"`
}

// Path is one way in.
type Path struct {
	Kind       string       `json:"kind"`
	IDPHost    string       `json:"idp_host"`
	Issuer     string       `json:"issuer"`
	Binding    string       `json:"binding"`
	Signed     bool         `json:"signed"`
	SigAlg     string       `json:"sig_alg"`
	Context    *AuthContext `json:"requested_authn_context"`
	ACRValues  []string     `json:"acr_values"`
	Essential  bool         `json:"acr_essential"`
	ForceAuthn *bool        `json:"force_authn"`
	RawSHA256  string       `json:"raw_sha256"`
	Rule       int          `json:"rule"`
	Verdict    string       `json:"verdict"`
	Confidence string       `json:"confidence"`
}

// AuthContext is SAML's RequestedAuthnContext.
type AuthContext struct {
	Comparison string   `json:"comparison"`
	Classes    []string `json:"classes"`
}

// TLS is one connection with encryption.
type TLS struct {
	IP          string             `json:"ip"`
	Version     string             `json:"version"`
	Suite       string             `json:"suite"`
	ALPN        string             `json:"alpn"`
	Chain       []string           `json:"chain_sha256"`
	Verify      string             `json:"verify"`
	NotAfter    string             `json:"not_after"`
	Certificate CertificateRequest `json:"client_certificate"`
}

// CertificateRequest is a server's question for a certificate.
type CertificateRequest struct {
	Asked   string   `json:"asked"`
	Refused bool     `json:"refused"`
	CANames []string `json:"ca_names"`
}

// Hop is one page that was fetched.
type Hop struct {
	N      int    `json:"n"`
	Method string `json:"method"`
	URL    string `json:"url_redacted"`
	Status int    `json:"status"`
	Via    string `json:"via"`
	SHA256 string `json:"body_sha256"`
	Len    int    `json:"len"`
}

// Target is where the host was found to be.
type Target struct {
	IPs []IP `json:"ips"`
}

// IP is one address.
type IP struct {
	IP     string `json:"ip"`
	DNSSEC string `json:"dnssec"`
}

// Vantage is where the measurement was made from.
type Vantage struct {
	ID       string `json:"id"`
	Zone     string `json:"zone"`
	Resolver string `json:"resolver"`
}
