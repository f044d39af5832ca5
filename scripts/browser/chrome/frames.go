package chrome

import (
	"fmt"
	"strconv"
	"time"
)

// WatchLines notes the moment of the frame after each change of the cheque's
// lines: what was changed then is on its way to the glass.
func (t *Tab) WatchLines() error {
	_, err := t.Text(`(seen = [], new MutationObserver(() => requestAnimationFrame(() => seen.push(performance.timeOrigin + performance.now()))).observe(document.querySelector("#lines"), {childList: true}))`)
	return err
}

// Frame waits for the nth of those, from 0.
func (t *Tab) Frame(n int) (time.Time, error) {
	if err := t.Until(fmt.Sprintf("seen.length > %d", n)); err != nil {
		return time.Time{}, err
	}
	text, err := t.Text(fmt.Sprintf("Math.round(seen[%d] * 1000)", n))
	if err != nil {
		return time.Time{}, err
	}
	us, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMicro(us), err
}
