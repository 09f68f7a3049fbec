//go:build !oldest

// What only this pair of Kubernetes and cert-manager has, or has in this form; versions_oldest.go is the other one.
package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/webhook/server"
	webhook "github.com/cert-manager/cert-manager/test/webhook"
	"github.com/spf13/pflag"
	"k8s.io/component-base/logs"
	kubectl "k8s.io/kubectl/pkg/cmd"
)

// The command reads configuration files while it is built, before its own flags are parsed.
func setKubectlVerbosity() error {
	_, err := logs.GlogSetter(kubectl.GetLogVerbosity(os.Args))
	return err
}

const certManagerCRDFiles = "*.io_*.yaml"

func addVersionFlags(flags *pflag.FlagSet, options *controller.ContextOptions) {
	flags.DurationVar(&options.CertificateRequestMinimumBackoffDuration, "certificate-request-minimum-backoff-duration", time.Hour, "wait after the first failed request; 0 is none")
	flags.DurationVar(&options.CertificateRequestMaximumBackoffDuration, "certificate-request-maximum-backoff-duration", 32*time.Hour, "longest wait after failed requests")
}

func enableGateways(options *controller.ContextOptions, enabled bool) error {
	options.EnableGatewayAPI = enabled
	return nil
}

func runController(ctx context.Context, each controller.Interface, workers int) error {
	return each.Run(workers, ctx)
}

// startWebhook answers how to stop it. The helper insists on a random port, but lets the server be changed before it starts:
// a fixed port is what makes the registered webhook configuration survive a restart.
func startWebhook(t *testing.T, arguments []string, port int) func() {
	_, stop := webhook.StartWebhookServer(t, arguments, func(each *server.Server) {
		each.ListenAddr = port
		each.HealthzAddr = nil
	})
	return stop
}
