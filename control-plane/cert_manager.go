package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"sync"
	"syscall"

	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/ingresses"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
)

var certManagerControllers = []string{
	"certificaterequests-approver",
	"certificaterequests-issuer-ca",
	"certificaterequests-issuer-selfsigned",
	"certificates-issuing",
	"certificates-key-manager",
	"certificates-readiness",
	"certificates-request-manager",
	"certificates-revision-manager",
	"certificates-trigger",
	"clusterissuers",
	"ingress-shim",
	"issuers",
}

// Runs only where it is asked for: the Gateway API must be in the cluster before it starts.
const gatewayController = "gateway-shim"

type certManagerFlags struct {
	options   controller.ContextOptions
	workers   int
	gateways  bool
	readyFile string
}

func parseCertManagerFlags(arguments []string) (certManagerFlags, error) {
	parsed := certManagerFlags{}
	options := &parsed.options
	flags := pflag.NewFlagSet("cert-manager", pflag.ContinueOnError)
	// The defaults are those of cert-manager's own binary.
	flags.StringVar(&options.Kubeconfig, "kubeconfig", "", "kubeconfig of cert-manager's service account")
	flags.Float32Var(&options.KubernetesAPIQPS, "kube-api-qps", 20, "requests per second, where the API server has no priority and fairness")
	flags.IntVar(&options.KubernetesAPIBurst, "kube-api-burst", 50, "burst of requests, where the API server has no priority and fairness")
	flags.IntVar(&parsed.workers, "concurrent-workers", 5, "workers of each controller")
	flags.StringVar(&options.ClusterResourceNamespace, "cluster-resource-namespace", "cert-manager", "namespace of cluster issuers' secrets")
	addVersionFlags(flags, options)
	flags.StringSliceVar(&options.CopiedAnnotationPrefixes, "copied-annotation-prefixes",
		[]string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"}, "annotations copied from certificates to requests")
	flags.BoolVar(&parsed.gateways, "enable-gateway-api", false, "whether to make certificates for gateways")
	flags.StringVar(&parsed.readyFile, "ready-file", "", "file to create once every controller runs on filled caches")
	options.DefaultIssuerKind = "Issuer"
	options.DefaultIssuerGroup = "cert-manager.io"
	if err := flags.Parse(arguments); err != nil {
		return parsed, err
	}
	return parsed, enableGateways(options, parsed.gateways)
}

func runCertManager(arguments []string) int {
	flags, err := parseCertManagerFlags(arguments)
	if err != nil {
		return fail("cert-manager", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := serveCertManager(ctx, flags); err != nil {
		return fail("cert-manager", err)
	}
	return 0
}

func serveCertManager(ctx context.Context, flags certManagerFlags) error {
	factory, err := controller.NewContextFactory(ctx, flags.options)
	if err != nil {
		return err
	}
	base, err := factory.Build()
	if err != nil {
		return err
	}
	controllers, err := constructControllers(factory, flags.gateways)
	if err != nil {
		return err
	}

	// All informers must be registered before the shared factories start, hence two steps.
	var running sync.WaitGroup
	failures := make(chan error, len(controllers))
	for name, each := range controllers {
		running.Go(func() {
			if err := runController(ctx, each, flags.workers); err != nil {
				failures <- fmt.Errorf("controller %s: %w", name, err)
			}
		})
	}
	base.SharedInformerFactory.Start(ctx.Done())
	base.KubeSharedInformerFactory.Start(ctx.Done())
	base.GWShared.Start(ctx.Done())
	if err := markReady(ctx, base, flags.readyFile); err != nil {
		return err
	}

	select {
	case err := <-failures:
		return err
	case <-ctx.Done():
		running.Wait()
		return nil
	}
}

func constructControllers(factory *controller.ContextFactory, gateways bool) (map[string]controller.Interface, error) {
	known := controller.Known()
	names := certManagerControllers
	if gateways {
		names = append(slices.Clone(names), gatewayController)
	}
	constructed := make(map[string]controller.Interface, len(names))
	for _, name := range names {
		construct, registered := known[name]
		if !registered {
			return nil, fmt.Errorf("controller %s is not linked in", name)
		}
		built, err := construct(factory)
		if err != nil {
			return nil, fmt.Errorf("controller %s: %w", name, err)
		}
		constructed[name] = built
	}
	return constructed, nil
}

func markReady(ctx context.Context, base *controller.Context, readyFile string) error {
	allSynced := func(synced map[reflect.Type]bool) bool {
		for _, ok := range synced {
			if !ok {
				return false
			}
		}
		return true
	}
	if !allSynced(base.SharedInformerFactory.WaitForCacheSync(ctx.Done())) {
		return ctx.Err()
	}
	base.KubeSharedInformerFactory.WaitForCacheSync(ctx.Done())
	base.GWShared.WaitForCacheSync(ctx.Done())
	klog.Info("cert-manager's controllers run on filled caches")
	if readyFile == "" || ctx.Err() != nil {
		return ctx.Err()
	}
	return os.WriteFile(readyFile, nil, 0o600)
}
