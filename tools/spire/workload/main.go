// Command workload is what a workload of SPIRE does: it fetches its SVID over the Workload API, keeps it up to date, and
// speaks mutual TLS with one peer. Every handshake is told on a line of standard output: who this side is and until
// when, who the other side is, and the names of what the chain and the bundle of the trust domain are made of.
//
//	workload serve unix:///run/agent.sock 127.0.0.1:8443 spiffe://example.org/peer
//	workload ask   unix:///run/agent.sock 127.0.0.1:8443 spiffe://example.org/peer
//
// "serve" accepts connections until it is stopped, and says on standard error when it does; "ask" connects once. Whoever is
// not that peer is refused.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// Longest wait for the SVID and for one handshake: an agent asks the server for its entries only every few seconds.
const deadline = time.Minute

// What one handshake was made with.
type handshake struct {
	ID        string    `json:"id"`
	Serial    string    `json:"serial"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	// Subjects of the chain that this side presents, without the SVID itself.
	Chain []string `json:"chain"`
	// Subjects of the certificates that this side trusts.
	Bundle   []string `json:"bundle"`
	Peer     string   `json:"peer"`
	Protocol string   `json:"protocol"`
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "workload: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("the arguments are serve or ask, the agent's socket, an address, and the peer's SPIFFE ID")
	}
	act, socket, address := args[0], args[1], args[2]
	peer, err := spiffeid.FromString(args[3])
	if err != nil {
		return err
	}
	fetching, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	source, err := workloadapi.NewX509Source(fetching, workloadapi.WithClientOptions(workloadapi.WithAddr(socket)))
	if err != nil {
		return fmt.Errorf("no SVID: %w", err)
	}
	defer source.Close()
	switch act {
	case "serve":
		return serve(ctx, source, address, peer)
	case "ask":
		return ask(ctx, source, address, peer)
	default:
		return fmt.Errorf("%q is neither serve nor ask", act)
	}
}

func serve(ctx context.Context, source *workloadapi.X509Source, address string, peer spiffeid.ID) error {
	config := tlsconfig.MTLSServerConfig(source, source, tlsconfig.AuthorizeID(peer))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	fmt.Fprintln(os.Stderr, "workload: serving")
	for {
		plain, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := greet(ctx, source, tls.Server(plain, config)); err != nil {
			fmt.Fprintf(os.Stderr, "workload: refused: %v\n", err)
		}
	}
}

func ask(ctx context.Context, source *workloadapi.X509Source, address string, peer spiffeid.ID) error {
	plain, err := (&net.Dialer{Timeout: deadline}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return greet(ctx, source, tls.Client(plain, tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(peer))))
}

// Tells of the handshake when both sides have accepted it. In TLS 1.3 a client is done before the server has judged its
// certificate, so each side sends a byte and waits for the other's.
func greet(ctx context.Context, source *workloadapi.X509Source, connection *tls.Conn) error {
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	if err := connection.HandshakeContext(ctx); err != nil {
		return err
	}
	if _, err := connection.Write([]byte{0}); err != nil {
		return err
	}
	if _, err := io.ReadFull(connection, make([]byte, 1)); err != nil {
		return err
	}
	told, err := describe(source, connection.ConnectionState())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}

func describe(source *workloadapi.X509Source, state tls.ConnectionState) (handshake, error) {
	svid, err := source.GetX509SVID()
	if err != nil {
		return handshake{}, err
	}
	bundle, err := source.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
	if err != nil {
		return handshake{}, err
	}
	if len(state.PeerCertificates) == 0 {
		return handshake{}, errors.New("the peer has no certificate")
	}
	peer, err := spiffeid.FromURI(state.PeerCertificates[0].URIs[0])
	if err != nil {
		return handshake{}, err
	}
	leaf := svid.Certificates[0]
	return handshake{
		ID:        svid.ID.String(),
		Serial:    leaf.SerialNumber.Text(16),
		NotBefore: leaf.NotBefore,
		NotAfter:  leaf.NotAfter,
		Chain:     subjects(svid.Certificates[1:]),
		Bundle:    subjects(bundle.X509Authorities()),
		Peer:      peer.String(),
		Protocol:  tls.VersionName(state.Version),
	}, nil
}

func subjects(certificates []*x509.Certificate) []string {
	names := make([]string, 0, len(certificates))
	for _, certificate := range certificates {
		names = append(names, certificate.Subject.String())
	}
	return names
}
