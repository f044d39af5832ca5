package face

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
)

// rate says how much of the cloud's limit is used: "Requests in 5s: 37 of 100".
func rate(words string, r moyskladtest.Rate) string {
	head := strings.ReplaceAll(words, "{0}", r.Interval.String())
	return fmt.Sprintf("%s: %d / %d", head, r.Used, r.Limit)
}

// moment shortens the cloud's date and time to the day and minute.
func moment(s string) string {
	if len(s) < len("2026-11-23 10:20") {
		return s
	}
	return s[8:10] + "." + s[5:7] + " " + s[11:16]
}
