//go:build oldest

// What only this pair of Kubernetes and cert-manager has, or has in this form; versions_newest.go is the other one.
package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/metrics"
	"github.com/cert-manager/cert-manager/pkg/webhook/server"
	webhook "github.com/cert-manager/cert-manager/test/webhook"
	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// This kubectl has no configuration files.
func setKubectlVerbosity() error { return nil }

const certManagerCRDFiles = "crd-*.yaml"

// This cert-manager always waits an hour and longer after failed requests, and needs what later ones make themselves.
func addVersionFlags(_ *pflag.FlagSet, options *controller.ContextOptions) {
	options.Clock = clock.RealClock{}
	options.Metrics = metrics.New(klog.Background(), options.Clock)
}

// There it is a feature gate, and experimental.
func enableGateways(_ *controller.ContextOptions, enabled bool) error {
	if !enabled {
		return nil
	}
	return errors.New("--enable-gateway-api needs a newer cert-manager")
}

func runController(ctx context.Context, each controller.Interface, workers int) error {
	return each.Run(workers, ctx.Done())
}

// startWebhook answers how to stop it; see the other one for the port.
func startWebhook(t *testing.T, arguments []string, port int) func() {
	_, stop := webhook.StartWebhookServer(t, context.Background(), arguments, func(each *server.Server) {
		each.ListenAddr = fmt.Sprintf("127.0.0.1:%d", port)
		each.HealthzAddr = ""
	})
	return stop
}
