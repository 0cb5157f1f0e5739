// SPDX-License-Identifier: EUPL-1.2

//go:build !pkcs11

package key

func (t *Token) wrap([]byte) ([]byte, error) { return nil, ErrNoToken }

func (t *Token) unwrap([]byte) ([]byte, error) { return nil, ErrNoToken }
