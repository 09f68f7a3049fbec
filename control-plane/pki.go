package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const pkiLifetime = 10 * 365 * 24 * time.Hour

// A furtherLeaf is a certificate beside those that every control plane has; one of the same name takes its place.
type furtherLeaf struct {
	CommonName   string   `json:"commonName"`
	Organization string   `json:"organization"`
	DNSNames     []string `json:"dnsNames"`
	Addresses    []net.IP `json:"addresses"`
}

// runPKI writes a certificate authority, a serving certificate for loopback, the client certificates of the
// administrator and of kube-controller-manager, and the key of service account tokens into a directory. A second
// argument names further certificates: a JSON object of them by the names of their files.
func runPKI(arguments []string) int {
	if len(arguments) != 1 && len(arguments) != 2 {
		return fail("pki", errors.New("expected a directory, and optionally further certificates as JSON"))
	}
	further := map[string]furtherLeaf{}
	if len(arguments) == 2 {
		if err := json.Unmarshal([]byte(arguments[1]), &further); err != nil {
			return fail("pki", err)
		}
	}
	if err := writePKI(arguments[0], further); err != nil {
		return fail("pki", err)
	}
	return 0
}

func writePKI(directory string, further map[string]furtherLeaf) error {
	authority, err := newAuthority(directory)
	if err != nil {
		return err
	}
	leaves := map[string]*x509.Certificate{
		"serving": {
			Subject:     pkix.Name{CommonName: "control-plane"},
			DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		},
		"admin": {
			Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		},
		"kube-controller-manager": {
			Subject:     pkix.Name{CommonName: "system:kube-controller-manager"},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		},
	}
	for name, leaf := range further {
		leaves[name] = leaf.template()
	}
	for name, template := range leaves {
		if err := authority.issue(name, template); err != nil {
			return err
		}
	}
	return writeServiceAccountKeys(directory)
}

func (leaf furtherLeaf) template() *x509.Certificate {
	subject := pkix.Name{CommonName: leaf.CommonName}
	if leaf.Organization != "" {
		subject.Organization = []string{leaf.Organization}
	}
	return &x509.Certificate{
		Subject:     subject,
		DNSNames:    leaf.DNSNames,
		IPAddresses: leaf.Addresses,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

type authority struct {
	directory   string
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority(directory string) (*authority, error) {
	key, err := newKey(filepath.Join(directory, "ca.key"))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "control-plane-ca"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	built := &authority{directory: directory, certificate: template, key: key}
	der, err := built.sign("ca", template, key.Public())
	if err != nil {
		return nil, err
	}
	built.certificate, err = x509.ParseCertificate(der)
	return built, err
}

func (a *authority) issue(name string, template *x509.Certificate) error {
	key, err := newKey(filepath.Join(a.directory, name+".key"))
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	_, err = a.sign(name, template, key.Public())
	return err
}

func (a *authority) sign(name string, template *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(pkiLifetime)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
	if err != nil {
		return nil, err
	}
	return der, writePEM(filepath.Join(a.directory, name+".crt"), "CERTIFICATE", der)
}

func newKey(file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(file, "EC PRIVATE KEY", der)
}

func writeServiceAccountKeys(directory string) error {
	key, err := newKey(filepath.Join(directory, "service-account.key"))
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(directory, "service-account.pub"), "PUBLIC KEY", der)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
