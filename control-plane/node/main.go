// Command node is every program of a Kubernetes node, and the scheduler, in one binary.
// The first argument names the role, the remaining arguments are that role's own flags.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	if len(os.Args) < 2 {
		os.Exit(usage())
	}
	command := commandOf(os.Args[1])
	if command == nil {
		os.Exit(usage())
	}
	// The commands read os.Args themselves.
	os.Args = os.Args[1:]
	os.Exit(cli.Run(command))
}

func commandOf(role string) *cobra.Command {
	switch role {
	case "kubelet":
		return kubelet.NewKubeletCommand(context.Background())
	case "kube-proxy":
		return proxy.NewProxyCommand()
	case "kube-scheduler":
		return scheduler.NewSchedulerCommand()
	}
	return nil
}

func usage() int {
	fmt.Fprintln(os.Stderr, "the first argument is one of: kubelet, kube-proxy, kube-scheduler")
	return 2
}
