// Command csr-client has certificates made for workloads by the code that istiod makes them by, without istiod: the CSR of
// Istio's library, submitted as a CertificateSigningRequest, approved, watched and deleted.
//
// It writes one line of JSON for each certificate, in the order in which they end.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	certificates "k8s.io/api/certificates/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"istio.io/istio/security/pkg/k8s/chiron"
	"istio.io/istio/security/pkg/pki/util"
)

// What istiod asks for on behalf of a workload (security/pkg/pki/ra/k8s_ra.go).
var usages = []certificates.KeyUsage{
	certificates.UsageDigitalSignature,
	certificates.UsageKeyEncipherment,
	certificates.UsageServerAuth,
	certificates.UsageClientAuth,
}

type settings struct {
	kubeconfig  string
	signer      string
	host        string
	ecdsa       bool
	lifetime    time.Duration
	count       int
	concurrency int
	qps         float64
	burst       int
}

// outcome is the line of one certificate. Milliseconds count from the start of the program.
type outcome struct {
	// PEM.
	Request string `json:"request,omitempty"`
	// Certificates as PEM, leaf first; empty when istiod would have got none.
	Chain     string `json:"chain,omitempty"`
	Error     string `json:"error,omitempty"`
	StartedMs int64  `json:"startedMs"`
	EndedMs   int64  `json:"endedMs"`
}

func main() {
	if err := run(parseFlags()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parseFlags() settings {
	var of settings
	flag.StringVar(&of.kubeconfig, "kubeconfig", "", "who asks")
	flag.StringVar(&of.signer, "signer", "", "signer name")
	flag.StringVar(&of.host, "host", "", "URI or DNS name of the certificates")
	flag.BoolVar(&of.ecdsa, "ecdsa", false, "P-256 keys instead of RSA 2048")
	flag.DurationVar(&of.lifetime, "lifetime", 10*time.Minute, "lifetime asked for")
	flag.IntVar(&of.count, "count", 1, "how many certificates, each with a key of its own")
	flag.IntVar(&of.concurrency, "concurrency", 1, "how many at a time")
	// istiod's own defaults.
	flag.Float64Var(&of.qps, "qps", 80, "requests a second to the API server")
	flag.IntVar(&of.burst, "burst", 160, "requests at once to the API server")
	flag.Parse()
	return of
}

func run(of settings) error {
	config, err := clientcmd.BuildConfigFromFlags("", of.kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = float32(of.qps), of.burst
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var (
		started = time.Now()
		turns   = make(chan struct{}, of.concurrency)
		lines   = json.NewEncoder(os.Stdout)
		writing sync.Mutex
		group   sync.WaitGroup
	)
	for range of.count {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			// What a proxy does before it asks istiod, so not part of the time.
			request, err := newRequest(of)
			at := time.Now()
			var chain []byte
			if err == nil {
				chain, err = sign(client, request, of)
			}
			line := outcome{
				Request:   string(request),
				Chain:     string(chain),
				StartedMs: at.Sub(started).Milliseconds(),
				EndedMs:   time.Since(started).Milliseconds(),
			}
			if err != nil {
				line.Error = err.Error()
			}
			writing.Lock()
			defer writing.Unlock()
			// Whoever reads is gone: there is nobody left to tell.
			_ = lines.Encode(line)
		})
	}
	group.Wait()
	return nil
}

// Asks as istiod does. Its code panics where the API server ends its watch with an error, as a busy one does: then this
// certificate is one that istiod would not have got.
func sign(client kubernetes.Interface, request []byte, of settings) (chain []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	chain, _, err = chiron.SignCSRK8s(client, request, of.signer, usages, of.host, "", true, false, of.lifetime)
	return chain, err
}

func newRequest(of settings) ([]byte, error) {
	options := util.CertOptions{Host: of.host, RSAKeySize: 2048}
	if of.ecdsa {
		options.ECSigAlg, options.ECCCurve = util.EcdsaSigAlg, util.P256Curve
	}
	request, _, err := util.GenCSR(options)
	return request, err
}
