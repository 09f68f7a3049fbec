package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The driver states its process id here, so that a driver which is gone before the first look is noticed too.
const parentVariable = "CONTROL_PLANE_PARENT"

const parentPollInterval = 250 * time.Millisecond

// exitWithParent ends this process when its parent is gone. A parent killed with SIGKILL cannot clean up;
// the kernel's own parent death signal is tied to a thread, not to a process, and would fire too early.
// Without a stated parent nothing is watched: the role was started by hand.
func exitWithParent() {
	parent, err := strconv.Atoi(os.Getenv(parentVariable))
	if err != nil {
		return
	}
	go func() {
		waitForParentToGo(parent)
		fmt.Fprintf(os.Stderr, "process %d, which started this one, is gone: exiting\n", parent)
		os.Exit(3)
	}()
}

func waitForParentToGo(parent int) {
	for os.Getppid() == parent {
		time.Sleep(parentPollInterval)
	}
}

// runGuard kills a sibling process when the common parent is gone. It is for processes that cannot look
// themselves: foreign binaries, and processes stopped with SIGSTOP.
func runGuard(arguments []string) int {
	if len(arguments) != 1 {
		return fail("guard", errors.New("expected one argument, a process id"))
	}
	guarded, err := strconv.Atoi(arguments[0])
	if err != nil {
		return fail("guard", err)
	}
	parent, err := strconv.Atoi(os.Getenv(parentVariable))
	if err != nil {
		return fail("guard", fmt.Errorf("%s is not set: %w", parentVariable, err))
	}
	waitForParentToGo(parent)
	if err := syscall.Kill(guarded, syscall.SIGKILL); err != nil {
		return fail("guard", err)
	}
	return 0
}
