package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// account adds up what tests of power cuts and kills tell, a line a test.
type account struct {
	states, kills, lost, duplicated int
}

// accountLine is how tapetest.Account writes itself.
var accountLine = regexp.MustCompile(`(?m)(?:^|\s)(\d+) disk states, (\d+) kills, (\d+) lost, (\d+) duplicated$`)

// read adds the accounts in a test's output; told is false when there is none
// or none that looked at anything.
func (a *account) read(output string) (told bool) {
	for _, m := range accountLine.FindAllStringSubmatch(output, -1) {
		var n [4]int
		for i := range n {
			var err error
			if n[i], err = strconv.Atoi(m[i+1]); err != nil {
				return false // more digits than any test counts to
			}
		}
		a.states, a.kills, a.lost, a.duplicated = a.states+n[0], a.kills+n[1], a.lost+n[2], a.duplicated+n[3]
		told = told || n[0]+n[1] > 0
	}
	return told
}

func (a account) String() string {
	return fmt.Sprintf("%d disk states, %d kills, %d lost, %d duplicated", a.states, a.kills, a.lost, a.duplicated)
}

// ofPower tells the tests that owe an account.
func ofPower(name testName) bool {
	return !strings.Contains(name.test, "/") &&
		(strings.HasPrefix(name.test, "TestPower") || strings.HasPrefix(name.test, "TestRootPower"))
}
