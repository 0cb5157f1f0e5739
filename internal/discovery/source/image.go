// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"context"
	"io"
)

// mostImage is how large an image may be that is looked at for text.
const mostImage = 64 << 20

// ReadImages has images looked at by a program that knows letters in pictures, such as Tesseract: recognise is given each image, and
// gives its text. Without it, images are told as unread. It is called once, before anything is read.
func ReadImages(recognise func(ctx context.Context, image io.Reader) (string, error)) {
	register(Image, guarded{func(ctx context.Context, r *reading) error {
		if r.size > mostImage {
			return damage("the image is too large to look for text in")
		}
		text, err := recognise(ctx, io.NewSectionReader(r.at, 0, r.size))
		if err != nil {
			return damage("an image: text in it could not be read")
		}
		p := &prose{r: r, wraps: true, place: Place{Page: 1}}
		p.b = append(p.b, text...)
		if err := p.paragraph(); err != nil {
			return err
		}
		r.read(0, r.size)
		return nil
	}})
}
