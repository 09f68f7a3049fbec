package main

import (
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"testing"

	"github.com/spf13/pflag"
)

// runCertManagerWebhook serves cert-manager's validating and mutating webhook. Its constructor is internal to cert-manager;
// the exported way in is a test helper that wants a *testing.T, so this role runs as a Go test of one case.
func runCertManagerWebhook(arguments []string) int {
	flags := pflag.NewFlagSet("cert-manager-webhook", pflag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of the webhook's service account")
	port := flags.Int("secure-port", 0, "port to serve on")
	certificate := flags.String("tls-cert-file", "", "serving certificate")
	key := flags.String("tls-private-key-file", "", "key of the serving certificate")
	if err := flags.Parse(arguments); err != nil {
		return fail("cert-manager-webhook", err)
	}

	serve := func(t *testing.T) {
		stopped := make(chan os.Signal, 1)
		signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
		stop := startWebhook(t, []string{
			"--kubeconfig=" + *kubeconfig,
			"--tls-cert-file=" + *certificate,
			"--tls-private-key-file=" + *key,
		}, *port)
		<-stopped
		stop()
	}

	// testing.Main parses os.Args with the standard flag package; -test.v makes the log lines appear at once.
	testing.Init()
	os.Args = []string{os.Args[0], "-test.v"}
	matchAll := func(pattern, name string) (bool, error) { return regexp.MatchString(pattern, name) }
	testing.Main(matchAll, []testing.InternalTest{{Name: "cert-manager-webhook", F: serve}}, nil, nil)
	return fail("cert-manager-webhook", fmt.Errorf("the test runner returned"))
}
