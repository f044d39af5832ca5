package card

import _ "embed"

//go:embed kassa.toml
var template []byte

// Template is the file as a new card has it: everything said, nothing set.
func Template() []byte { return template }
