package config

import _ "embed"

//go:embed example.toml
var example string

// Example gives a commented file with every key, ready to be changed.
func Example() string { return example }
