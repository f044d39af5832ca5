package till

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets random tests draw the same every time, unless somebody asks for
// more.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.seed" || f.Name == "rapid.checks" })
	if !given && os.Getenv("KASSA_LONG") == "" {
		if err := flag.Set("rapid.seed", "7"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
