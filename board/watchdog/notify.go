package watchdog

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Limits of what is said to the service manager.
const (
	sendTimeout = time.Second
	maxStatus   = 200 // bytes
)

// notifier speaks the notify protocol: datagrams of KEY=value lines.
type notifier struct {
	conn    *net.UnixConn
	timeout time.Duration // WatchdogSec; 0: the manager does not watch
}

// openNotifier returns nil without an error when there is no service manager.
func openNotifier(getenv func(string) string, pid int) (*notifier, error) {
	path := getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil, nil
	}
	if path[0] != '/' && path[0] != '@' { // @: the abstract name space, as net spells it
		return nil, fmt.Errorf("watchdog: NOTIFY_SOCKET is %.60q, neither a path nor an abstract name", path)
	}
	n := &notifier{}
	var err error
	if n.timeout, err = watched(getenv, pid); err != nil {
		return nil, err
	}
	if n.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
		return nil, fmt.Errorf("watchdog: the service manager does not listen: %w", err)
	}
	return n, nil
}

// watched is the manager's time-out, if it is this process that it watches.
func watched(getenv func(string) string, pid int) (time.Duration, error) {
	text := getenv("WATCHDOG_USEC")
	if text == "" {
		return 0, nil
	}
	if who := getenv("WATCHDOG_PID"); who != "" && who != strconv.Itoa(pid) {
		return 0, nil
	}
	usec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || usec <= 0 || usec > time.Hour.Microseconds()*24 {
		return 0, fmt.Errorf("watchdog: WATCHDOG_USEC is %.30q", text)
	}
	return time.Duration(usec) * time.Microsecond, nil
}

func (n *notifier) send(ctx context.Context, words string) error {
	deadline, _ := ctx.Deadline()
	if err := n.conn.SetWriteDeadline(deadline); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	if _, err := n.conn.Write([]byte(words)); err != nil {
		return fmt.Errorf("watchdog: %w", err)
	}
	return nil
}

func (n *notifier) close() error { return n.conn.Close() }

// line makes a status that can not add words of its own.
func line(status string) string {
	status = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, status)
	if len(status) > maxStatus {
		status = strings.ToValidUTF8(status[:maxStatus], "")
	}
	return status
}
