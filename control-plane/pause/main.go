// Command pause is the first process of a process namespace: of every pod, and of the node itself. It does nothing but
// reap the children that others left to it, and end when it is told to.
package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
)

// With this argument it ends with its standard input too: whoever holds the other end need not live to say so.
const untilInputEnds = "--until-input-ends"

func main() {
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	inputEnded := make(chan struct{})
	if len(os.Args) > 1 && os.Args[1] == untilInputEnds {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(inputEnded)
		}()
	}
	for {
		select {
		case <-stopped:
			return
		case <-inputEnded:
			return
		case <-children:
			reap()
		}
	}
}

// One signal may stand for several children.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid <= 0 && err != syscall.EINTR {
			return
		}
	}
}
