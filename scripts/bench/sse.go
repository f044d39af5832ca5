package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// stream is a page's stream as a browser follows it.
type stream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
	end   context.CancelFunc
}

// follow opens a page's stream.
func (c *cashier) follow(ctx context.Context, page string) (*stream, error) {
	ctx, end := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at+"/events?page="+page, http.NoBody)
	if err != nil {
		end()
		return nil, err
	}
	res, err := c.Do(req)
	if err != nil {
		end()
		return nil, err
	}
	s := &stream{body: res.Body, lines: bufio.NewScanner(res.Body), end: end}
	s.lines.Buffer(nil, 16<<20)
	if res.StatusCode != http.StatusOK {
		s.stop()
		return nil, fmt.Errorf("stream of %s: %s", page, res.Status)
	}
	return s, nil
}

func (s *stream) stop() {
	s.end()
	_ = s.body.Close() // it was cut off
}

// next is the next event but for heartbeats.
func (s *stream) next() (name, data string, err error) {
	for s.lines.Scan() {
		key, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch key {
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" && name != "beat" {
				return name, data, nil
			}
		}
	}
	return "", "", errors.Join(errors.New("the page's stream ended"), s.lines.Err())
}

// drain reads what comes until the stream is stopped.
func (s *stream) drain() {
	for {
		if _, _, err := s.next(); err != nil {
			return
		}
	}
}

// patch is what a stream tells a page.
type patch struct {
	Regions map[string]string `json:"regions"`
	Lines   map[string]string `json:"lines"`
	Order   []string          `json:"order"`
}

var told = regexp.MustCompile(`data-(boot|cheque|rev)="([^"]*)"`)

// cheque reads the whole screen: the lines' ids and what a tap has to carry.
func (s *stream) cheque() (lines []string, state map[string]string, err error) {
	name, data, err := s.next()
	if err != nil {
		return nil, nil, err
	}
	var p patch
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		return nil, nil, err
	}
	state = map[string]string{}
	for _, m := range told.FindAllStringSubmatch(p.Regions["state"], -1) {
		state[m[1]] = m[2]
	}
	if name != "screen" || len(p.Order) != tappedLines || len(state) != 3 {
		return nil, nil, fmt.Errorf("%s with %d lines, %v", name, len(p.Order), state)
	}
	return p.Order, state, nil
}

// changed waits for the patch of a line.
func (s *stream) changed(line string) error {
	for {
		name, data, err := s.next()
		if err != nil {
			return err
		}
		if name != "patch" {
			return fmt.Errorf("the stream tells %q: %s", name, data)
		}
		var p patch
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			return err
		}
		if p.Lines[line] != "" {
			return nil
		}
	}
}
