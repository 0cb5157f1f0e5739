// SPDX-License-Identifier: EUPL-1.2

package signin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"testing"

	"github.com/insegel/insegel/internal/signin"
)

var errEnd = io.EOF

// sample is at least so many bytes of a log as Entra exports it, a record a line.
func sample(size int) []byte {
	var b bytes.Buffer
	apps := []string{"Treserva", "Lifecare", "Office 365 Exchange Online", "Raindance", "Heroma"}
	for i := 0; b.Len() < size; i++ {
		requirement, second := "multiFactorAuthentication", `,{"authenticationStepDateTime":"2026-11-01T07:00:05Z","authenticationMethod":"Mobile app notification","authenticationMethodDetail":"","succeeded":true,"authenticationStepResultDetail":"MFA completed in Azure AD","authenticationStepRequirement":"Multifactor authentication"}`
		if i%50 == 0 {
			requirement, second = "singleFactorAuthentication", ""
		}
		fmt.Fprintf(&b, `{"id":"66ea54eb-6301-4ee5-be62-%012x","createdDateTime":"2026-11-%02dT07:%02d:%02dZ","userDisplayName":"Invånare Exempel %d","userPrincipalName":"invanare%d@norrsjo.example","userId":"%08x-7cc8-4a0a-8a6d-0b1d2b1e6d2d","appId":"de8bc8b5-d9f9-48b1-a8ad-b748da725064","appDisplayName":%q,"ipAddress":"192.0.2.%d","clientAppUsed":"Browser","userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0","correlationId":"de8bc8b5-d9f9-48b1-a8ad-b748da7250%02x","conditionalAccessStatus":"success","originalRequestId":"","isInteractive":true,"tokenIssuerName":"","tokenIssuerType":"AzureAD","processingTimeInMilliseconds":%d,"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","riskEventTypes_v2":[],"resourceDisplayName":"Windows Azure Active Directory","resourceId":"00000002-0000-0000-c000-000000000000","resourceTenantId":"a1b2c3d4-0000-0000-0000-000000000000","homeTenantId":"a1b2c3d4-0000-0000-0000-000000000000","authenticationMethodsUsed":[],"authenticationRequirement":%q,"signInIdentifier":"","signInEventTypes":["interactiveUser"],"servicePrincipalId":"","uniqueTokenIdentifier":"AbCdEfGhIjKlMnOpQrStUv","incomingTokenType":"none","authenticationProtocol":"none","status":{"errorCode":0,"failureReason":"Other.","additionalDetails":null},"deviceDetail":{"deviceId":"","displayName":"DATOR-%d","operatingSystem":"Windows10","browser":"Edge 126.0.0","isCompliant":true,"isManaged":true,"trustType":"Azure AD joined"},"location":{"city":"Norrsjö","state":"Norrsjö län","countryOrRegion":"SE","geoCoordinates":{"altitude":null,"latitude":62.1,"longitude":15.2}},"appliedConditionalAccessPolicies":[{"id":"de7e60eb-ed89-4d73-8205-2227def6b7c9","displayName":"Två faktorer för alla","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"success"},{"id":"6701123a-b4c6-48af-8565-565c8bf7cabc","displayName":"Medium signin risk block","enforcedGrantControls":[],"enforcedSessionControls":[],"result":"notEnabled"}],"authenticationDetails":[{"authenticationStepDateTime":"2026-11-01T07:00:00Z","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud","succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication"}%s],"networkLocationDetails":[{"networkType":"trustedNamedLocation","networkNames":["Kommunhuset"]}]}`+"\n",
			i, 1+i%28, i/60%60, i%60, i%4000, i%4000, i%4000, apps[i%len(apps)], i%250, i%256, i%900, requirement, i%900, second)
	}
	return b.Bytes()
}

// BenchmarkLog reads the same log with this package, with a plain encoding/json loop into a struct of the few fields that are wanted, and with jq.
func BenchmarkLog(b *testing.B) {
	text := sample(32 << 20)
	o := options(b)
	b.Run("signin", func(b *testing.B) {
		defer perCPU(b, syscall.RUSAGE_SELF, len(text))()
		for b.Loop() {
			if _, err := signin.Read(b.Context(), bytes.NewReader(text), o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		defer perCPU(b, syscall.RUSAGE_SELF, len(text))()
		for b.Loop() {
			plainLoop(b, text)
		}
	})
	b.Run("jq", func(b *testing.B) {
		jq, err := exec.LookPath("jq")
		if err != nil {
			b.Skip("jq is not installed")
		}
		defer perCPU(b, syscall.RUSAGE_CHILDREN, len(text))()
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), jq, "-rc", "[.createdDateTime[0:10],.appDisplayName,.clientAppUsed,.authenticationRequirement,.status.errorCode]")
			cmd.Stdin, cmd.Stdout = bytes.NewReader(text), io.Discard
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// perCPU reports megabytes for each second of a processor, which other work on the machine disturbs less than the clock.
func perCPU(b *testing.B, who, size int) func() {
	b.Helper()
	b.SetBytes(int64(size))
	spent := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	before := spent()
	return func() { b.ReportMetric(float64(size)*float64(b.N)/1e6/(spent()-before), "MB/cpu-s") }
}

// plainLoop counts the same as the package does, in the way that comes first to mind.
func plainLoop(b *testing.B, text []byte) {
	type key struct{ day, app, client, requirement, methods string }
	counts := map[key]int{}
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var r struct {
			Created     string `json:"createdDateTime"`
			App         string `json:"appDisplayName"`
			Client      string `json:"clientAppUsed"`
			Requirement string `json:"authenticationRequirement"`
			Status      struct {
				ErrorCode int `json:"errorCode"`
			} `json:"status"`
			Details []struct {
				Method    string `json:"authenticationMethod"`
				Succeeded bool   `json:"succeeded"`
			} `json:"authenticationDetails"`
		}
		if err := d.Decode(&r); err == io.EOF { //nolint:errorlint // a decoder gives io.EOF as it is
			return
		} else if err != nil {
			b.Fatal(err)
		}
		methods := ""
		for _, m := range r.Details {
			methods += m.Method
		}
		counts[key{r.Created[:10], r.App, r.Client, r.Requirement, methods}]++
	}
}
