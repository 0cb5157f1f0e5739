// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// columns are the columns of open data as CSV, named as in the other forms.
var columns = []string{
	"indicator", "definition", "series", "period", "grouping", "group", "municipalities", "submitted", "numerator", "denominator", "unknown", "hidden", "invented",
}

// fields writes a row as CSV has it.
func (r *Row) fields() []string {
	return []string{
		r.Indicator, strconv.Itoa(int(r.Definition)), r.Series, r.Period, r.Grouping, r.Group, digits(r.Members), strconv.Itoa(int(r.Submitted)),
		digits(r.Numerator), digits(r.Denominator), digits(r.Unknown), string(r.Hidden), strconv.FormatBool(r.Invented),
	}
}

// digits writes a number, or nothing where there is none.
func digits[T int32 | int64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

// WriteCSV writes open data as CSV.
func WriteCSV(w io.Writer, list []Row) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return fmt.Errorf("write open data: %w", err)
	}
	for i := range list {
		if err := out.Write(list[i].fields()); err != nil {
			return fmt.Errorf("write open data: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write open data: %w", err)
	}
	return nil
}

// WriteParquet writes open data as Parquet: the same rows with typed columns, in which what is hidden is null.
func WriteParquet(w io.Writer, list []Row) error {
	out := parquet.NewGenericWriter[Row](w, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("insegel", "", ""))
	if _, err := out.Write(list); err != nil {
		return fmt.Errorf("write open data: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write open data: %w", err)
	}
	return nil
}
