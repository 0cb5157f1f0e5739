// SPDX-License-Identifier: EUPL-1.2

// Command schemacheck holds JSON documents to a JSON schema (Swedish: schemakontroll):
//
//	schemacheck SCHEMA DOCUMENT...
//
// It exits with 0 only when every document follows the schema.
package main

import (
	"fmt"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: schemacheck SCHEMA DOCUMENT")
	}
	schema, err := jsonschema.NewCompiler().Compile(args[0])
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	for _, path := range args[1:] {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		document, err := jsonschema.UnmarshalJSON(f)
		_ = f.Close() // it was only read
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if err := schema.Validate(document); err != nil {
			return fmt.Errorf("%s does not follow the schema: %w", path, err)
		}
	}
	return nil
}
