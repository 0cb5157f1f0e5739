// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// BenchmarkNames looks through names as they are common.
func BenchmarkNames(b *testing.B) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		b.Fatal(err)
	}
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf("Protokoll %06d nämnden 2024-01-12.txt", i), fmt.Sprintf("IMG_20231105_%06d.jpg", i),
			fmt.Sprintf("Anna Svensson beslut %d.docx", i), fmt.Sprintf("faktura-%08d-%d.pdf", i*7919, i))
	}
	for _, ids := range [][]string{{"personnummer"}, nil} {
		chosen, err := rules.Choose(ids)
		if err != nil {
			b.Fatal(err)
		}
		e := &engine{Options: Options{Rules: rules, Detectors: chosen}, started: time.Unix(1.8e9, 0)}
		b.Run(fmt.Sprint(len(chosen)), func(b *testing.B) {
			n := e.newNames()
			for i := 0; b.Loop(); i++ {
				n.tell(list[i%len(list)], i)
			}
		})
	}
}
