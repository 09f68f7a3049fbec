// Command control-plane is every program of a small Kubernetes control plane in one binary.
// The first argument names the role, the remaining arguments are that role's own flags.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

// A role either serves until it is told to stop, or prints something and returns.
type role struct {
	run         func(arguments []string) int
	longRunning bool
}

var roles = map[string]role{
	"etcd":                    {run: runEtcd, longRunning: true},
	"kube-apiserver":          {run: runAPIServer, longRunning: true},
	"kube-controller-manager": {run: runControllerManager, longRunning: true},
	"cert-manager":            {run: runCertManager, longRunning: true},
	"cert-manager-webhook":    {run: runCertManagerWebhook, longRunning: true},
	"cert-manager-crds":       {run: printCertManagerCRDs},
	"kubectl":                 {run: runKubectl},
	"guard":                   {run: runGuard},
	"pki":                     {run: runPKI},
}

func main() {
	if len(os.Args) < 2 {
		os.Exit(usage("no role given"))
	}
	name := os.Args[1]
	selected, known := roles[name]
	if !known {
		os.Exit(usage(fmt.Sprintf("no such role: %s", name)))
	}
	// Cobra commands and the etcd flag parser read os.Args themselves.
	os.Args = append([]string{name}, os.Args[2:]...)
	if selected.longRunning {
		exitWithParent()
	}
	os.Exit(selected.run(os.Args[1:]))
}

func usage(problem string) int {
	names := make([]string, 0, len(roles))
	for name := range roles {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "%s; the first argument is one of: %s\n", problem, strings.Join(names, ", "))
	return 2
}

func fail(role string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
	return 1
}
