// SPDX-License-Identifier: EUPL-1.2

package mutation

// controls are what is taken away, one at a time.
var controls = []control{
	{
		name: "the provider's level is compared with what was asked",
		file: "internal/auth/level.go",
		from: `a.Context == "" || !slices.Contains(d.Contexts, a.Context)`, to: `a.Context == "x" && !slices.Contains(d.Contexts, a.Context)`,
		pkg: "./internal/auth", run: "^TestCompareLevel$",
	},
	{
		name: "what no role allows is refused",
		file: "internal/access/access.go",
		from: "case p.widest(a) == Nowhere:", to: "case p.widest(a) == Nowhere && false:",
		pkg: "./internal/access", run: "^TestCheck$",
	},
	{
		name: "a provider is changed only by who has just shown who they are",
		file: "internal/access/access.go",
		from: "case p.StepUp && !a.Fresh:", to: "case p.StepUp && !a.Fresh && false:",
		pkg: "./internal/auth/provider", run: "^TestChangesAskForStepUp$",
	},
	{
		name: "a form from another site is refused",
		file: "internal/web/cross.go",
		from: "if err := s.csrf.Check(r); err != nil {", to: "if err := s.csrf.Check(r); err != nil && false {",
		pkg: "./internal/web", run: "^TestForeignFormsAreRefused$",
	},
	{
		name: "a passkey asks for the person, not only the key",
		file: "internal/auth/passkey/signin.go",
		from: "webauthn.WithUserVerification(protocol.VerificationRequired)", to: "webauthn.WithUserVerification(protocol.VerificationDiscouraged)",
		pkg: "./internal/auth/passkey", run: "^TestRefusedAnswers$",
	},
	{
		name: "a session's token is not in the database",
		file: "internal/auth/store.go",
		from: "return base64.RawURLEncoding.EncodeToString(sum[:])", to: "return token + base64.RawURLEncoding.EncodeToString(sum[:0])",
		pkg: "./internal/auth", run: "^TestTokenIsNewAtSignInAndHashedAtRest$",
	},
	{
		name: "an account that is closed ends its sessions",
		file: "internal/auth/store.go",
		from: "AND c.id = s.account_id AND (c.disabled_at IS NULL OR c.disabled_at > $3)", to: "AND c.id = s.account_id AND (c.disabled_at IS NULL OR c.disabled_at <> 0)",
		pkg: "./internal/auth", run: "^TestRightsEndAtOnce$",
	},
	{
		name: "PostgreSQL holds every row to its organisation",
		file: "internal/schema/row.go",
		from: "mine := column + ` = ` + setting", to: "mine := `true OR ` + column + ` = ` + setting",
		pkg: "./internal/schema", run: "^TestUnscopedStatementsAreHeld$",
	},
	{
		name: "an OpenID answer carries our nonce",
		file: "internal/auth/oidc/token.go",
		from: `subtle.ConstantTimeCompare([]byte(nonce), []byte(e.nonce)) != 1 || e.nonce == ""`, to: `subtle.ConstantTimeCompare([]byte(nonce), []byte(e.nonce)) > 1`,
		pkg: "./internal/auth/oidc", run: "^TestForgedTokens$",
	},
	{
		name: "a SAML answer is signed by the provider",
		file: "internal/auth/saml/signature.go",
		from: "out, err := ctx.Validate(el)", to: "out, err := ctx.Validate(el)\n\tif err != nil {\n\t\tout, err = el, nil\n\t}",
		pkg: "./internal/auth/saml", run: "^TestAttackCorpus$",
	},
	{
		name: "a SAML answer belongs to the browser's own question",
		file: "internal/auth/saml/response.go",
		from: `case attr(r, "InResponseTo") != x.Request:`, to: `case attr(r, "InResponseTo") != x.Request && false:`,
		pkg: "./internal/auth/saml", run: "^TestReceiveEachCheck$",
	},
	{
		name: "an encrypted text cannot be moved",
		file: "internal/db/seal.go",
		from: "[...]string{c.Table, c.Column, c.Row, org.String()}", to: `[...]string{"", "", "", org.String()}`,
		pkg: "./internal/db", run: "^TestMovedTextNeverOpens$",
	},
	{
		name: "a change takes two people",
		file: "internal/approval/approval.go",
		from: `case actor == "" || actor == r.By:`, to: `case actor == "":`,
		pkg: "./internal/approval", run: "^TestTwoPeople$",
	},
	{
		name: "the program calls only whom it was told to",
		file: "internal/outbound/outbound.go",
		from: "if err := g.allowed(r.URL); err != nil {", to: "if err := g.allowed(r.URL); err != nil && false {",
		pkg: "./internal/outbound", run: "^Test(OnlyToTargets|RedirectsAreChecked)$",
	},
	{
		name: "who says who somebody is takes two people",
		file: "internal/auth/provider/two.go",
		from: "if !actor.Console() {\n\t\tif two == nil {", to: "if !actor.Console() && two == nil {\n\t\tif two == nil {",
		pkg: "./internal/auth/provider", run: "^TestStartTakesTwoPeople$",
	},
	{
		name: "a list holds only what is within reach",
		file: "internal/access/access.go",
		from: "return r.All || r.policy != nil", to: "return !r.All || r.policy != nil",
		pkg: "./internal/access", run: "^TestReach$",
	},
	{
		name: "guesses at a code are counted one by one",
		file: "internal/auth/link/store.go",
		from: "SET code_tries = code_tries WHERE organisation_id = $1 AND id = $2", to: "SET code_tries = code_tries WHERE organisation_id = $1 AND id = $2 AND 1 = 0",
		pkg: "./internal/auth/link", run: "^TestManyGuessesAtOnce$",
	},
	{
		name: "signed-in readers keep a pace",
		file: "internal/web/pace.go",
		from: "!t.OK() || left > 0 {", to: "(!t.OK() || left > 0) && false {",
		pkg: "./internal/web", run: "^TestPace$",
	},
	{
		name: "nothing follows a request with chunks",
		file: "internal/web/serve.go",
		from: `a.Header().Set("Connection", "close")`, to: `a.Header().Set("X-Connection", "close")`,
		pkg: "./internal/app", run: "^TestAttackSmuggling$",
	},
	{
		name: "an origin has our scheme",
		file: "internal/web/cross.go",
		from: "return !found || strings.EqualFold", to: "return scheme != \"x\" || !found || strings.EqualFold",
		pkg: "./internal/web", run: "^TestOriginHasOurScheme$",
	},
	{
		name: "a file is called what it is",
		file: "internal/web/context.go",
		from: "case !slices.Contains(endings, strings.ToLower(path.Ext(head.Filename))):", to: "case !slices.Contains(endings, strings.ToLower(path.Ext(head.Filename))) && false:",
		pkg: "./internal/web", run: "^TestUpload$",
	},
	{
		name: "a logout token is one by its type",
		file: "internal/auth/oidc/page.go",
		from: `t != "logout+jwt" {`, to: `t == "none" {`,
		pkg: "./internal/auth/oidc", run: "^TestLogoutTokens$",
	},
	{
		name: "the log does not tell the secret of a link",
		file: "internal/web/watch.go",
		from: "path = place //", to: "_ = place //",
		pkg: "./internal/web", run: "^TestLogIsToldOfRefusalsAndReadings$",
	},
}
