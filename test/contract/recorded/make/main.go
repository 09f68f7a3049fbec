// Command make writes requests.json: certificate requests in the form in which common programs make them, with keys that
// nobody keeps. It runs OpenSSL and keytool for theirs. From the folder control-plane, whose module it borrows:
//
//	go run ../test/contract/recorded/make/main.go > ../test/contract/recorded/requests.json
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

var subjectAlternativeName = asn1.ObjectIdentifier{2, 5, 29, 17}

func main() {
	written := map[string]string{}
	for name, request := range programs() {
		written[name] = string(request)
	}
	output := json.NewEncoder(os.Stdout)
	output.SetIndent("", "  ")
	must(0, output.Encode(written))
}

func programs() map[string][]byte {
	workload := "spiffe://cluster.local/ns/shop/sa/web"
	hubble := "*.default.hubble-grpc.cilium.io"
	gateway := []string{"envoy-gateway", "envoy-gateway.envoy-gateway-system", "envoy-gateway.envoy-gateway-system.svc",
		"envoy-gateway.envoy-gateway-system.svc.cluster.local"}
	// They write out usages that they ask for in the spec as well.
	gatewayUsages := []cmapi.KeyUsage{cmapi.UsageDigitalSignature, cmapi.UsageDataEncipherment, cmapi.UsageKeyEncipherment, cmapi.UsageContentCommitment}
	linkerd := "identity.linkerd.cluster.local"
	validator := "linkerd-policy-validator.linkerd.svc"
	authority := []cmapi.KeyUsage{cmapi.UsageCertSign, cmapi.UsageCRLSign, cmapi.UsageServerAuth, cmapi.UsageClientAuth}
	ec := &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm}
	node := pkix.Name{CommonName: "system:node:node-1", Organization: []string{"system:nodes"}}
	return map[string][]byte{
		"istio-workload-rsa":      istio(rsaKey(), "", workload),
		"istio-workload-ec":       istio(ecKey(), "", workload),
		"istiod":                  istio(rsaKey(), "", "istiod.istio-system.svc", "istiod-remote.istio-system.svc", "istio-pilot.istio-system.svc"),
		"istio-dual-use":          istio(rsaKey(), "web.example.com", "web.example.com"),
		"istio-csr-serving":       istio(rsaKey(), "", "cert-manager-istio-csr.cert-manager.svc"),
		"ztunnel":                 goRequest(ecKey(), &x509.CertificateRequest{ExtraExtensions: []pkix.Extension{criticalNames(workload)}}),
		"envoy-gateway":           certificate(cmapi.CertificateSpec{CommonName: gateway[0], DNSNames: gateway, Usages: gatewayUsages}),
		"envoy":                   certificate(cmapi.CertificateSpec{CommonName: "*", DNSNames: []string{"*.envoy-gateway-system"}, Usages: gatewayUsages}),
		"linkerd-identity-issuer": certificate(cmapi.CertificateSpec{CommonName: linkerd, DNSNames: []string{linkerd}, IsCA: true, PrivateKey: ec, Usages: authority}),
		"linkerd-policy-validator": certificate(cmapi.CertificateSpec{CommonName: validator, DNSNames: []string{validator}, PrivateKey: ec,
			Usages: []cmapi.KeyUsage{cmapi.UsageServerAuth}}),
		"consul-leaf": goRequest(ecKey(), &x509.CertificateRequest{ExtraExtensions: []pkix.Extension{
			criticalNames("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web")}}),
		"consul-ca": goRequest(ecKey(), &x509.CertificateRequest{ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 0x03, 0x01, 0x01, 0xff}},
			criticalNames("spiffe://11111111-2222-3333-4444-555555555555.consul")}}),
		"kuma-control-plane": certificate(cmapi.CertificateSpec{DNSNames: []string{"kuma-control-plane.kuma-system", "kuma-control-plane.kuma-system.svc"},
			Usages: []cmapi.KeyUsage{cmapi.UsageDigitalSignature, cmapi.UsageKeyEncipherment, cmapi.UsageServerAuth}}),
		"cilium-hubble-server": certificate(cmapi.CertificateSpec{CommonName: hubble, DNSNames: []string{hubble}}),
		"csi-driver":           goRequest(rsaKey(), &x509.CertificateRequest{DNSNames: []string{"web-0.shop.svc.cluster.local"}}),
		"csi-driver-organizations": goRequest(rsaKey(), &x509.CertificateRequest{
			Subject: pkix.Name{CommonName: "web-0", Organization: []string{"Shop", ""}}, DNSNames: []string{"web-0.shop.svc.cluster.local"}}),
		"csi-driver-spiffe": goRequest(ecKey(), &x509.CertificateRequest{URIs: uris(workload)}),
		"spire-ca": goRequest(ecKey(), &x509.CertificateRequest{URIs: uris("spiffe://example.org"),
			Subject: pkix.Name{Country: []string{"US"}, Organization: []string{"SPIFFE"}, SerialNumber: "110233087239475948237459837459837459833"}}),
		"spire-agent": goRequest(ecKey(), &x509.CertificateRequest{URIs: uris("spiffe://example.org/spire/agent/k8s_psat/demo/1"),
			Subject: pkix.Name{Country: []string{"US"}, Organization: []string{"SPIRE"}}}),
		"kubelet-client":  goRequest(ecKey(), &x509.CertificateRequest{Subject: node}),
		"kubelet-serving": goRequest(ecKey(), &x509.CertificateRequest{Subject: node, DNSNames: []string{"node-1"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 5)}}),
		"openssl":         openssl("-newkey", "rsa:2048", "-subj", "/C=CN/ST=Zhejiang/L=Hangzhou/O=Example/OU=Web/CN=web.example.com", "-addext", "subjectAltName=DNS:web.example.com,IP:10.0.0.5"),
		"openssl-mail":    openssl("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/O=Example/CN=Anna/emailAddress=anna@example.com", "-addext", "subjectAltName=email:copy"),
		"keytool":         keytool(),
		"certreq":         certreq(rsaKey()),
	}
}

// istio makes a request as GenCSRTemplate does: its organization is an option that no caller sets.
func istio(key crypto.Signer, commonName string, hosts ...string) []byte {
	return goRequest(key, &x509.CertificateRequest{
		Subject:         pkix.Name{Organization: []string{""}, CommonName: commonName},
		ExtraExtensions: []pkix.Extension{criticalNames(hosts...)},
	})
}

func criticalNames(names ...string) pkix.Extension {
	values := []asn1.RawValue{}
	for _, name := range names {
		tag := 2
		if parsed, err := url.Parse(name); err == nil && parsed.Scheme != "" {
			tag = 6
		}
		values = append(values, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte(name)})
	}
	return pkix.Extension{Id: subjectAlternativeName, Critical: true, Value: must(asn1.Marshal(values))}
}

func goRequest(key crypto.Signer, template *x509.CertificateRequest) []byte {
	return encoded("CERTIFICATE REQUEST", must(x509.CreateCertificateRequest(rand.Reader, template, key)))
}

// certificate makes the request that cert-manager makes for a Certificate.
func certificate(spec cmapi.CertificateSpec) []byte {
	crt := &cmapi.Certificate{Spec: spec}
	template := must(pki.GenerateCSR(crt))
	key := must(pki.GeneratePrivateKeyForCertificate(crt))
	return encoded("CERTIFICATE REQUEST", must(pki.EncodeCSR(template, key)))
}

func openssl(arguments ...string) []byte {
	return run("openssl", append([]string{"req", "-new", "-nodes", "-keyout", "/dev/null"}, arguments...)...)
}

func keytool() []byte {
	folder := must(os.MkdirTemp("", "keytool"))
	defer os.RemoveAll(folder)
	store := []string{"-keystore", filepath.Join(folder, "store.p12"), "-storepass", "changeit", "-alias", "web"}
	run("keytool", append([]string{"-genkeypair", "-keyalg", "RSA", "-dname", "CN=web.example.com, OU=Unknown, O=Example, L=Unknown, ST=Unknown, C=CN"}, store...)...)
	return run("keytool", append([]string{"-certreq", "-ext", "san=dns:web.example.com"}, store...)...)
}

// certreq has the attributes and extensions that certreq of Windows adds; it is not at hand here.
func certreq(key crypto.Signer) []byte {
	type attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	microsoft := func(rest ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311}, rest...)
	}
	serverAuth := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	spki := must(x509.MarshalPKIXPublicKey(key.Public()))
	identifier := sha256.Sum256(spki)
	names := criticalNames("web.example.com").Value
	extensions := []pkix.Extension{
		{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Critical: true, Value: []byte{0x03, 0x02, 0x05, 0xa0}},
		{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Value: must(asn1.Marshal([]asn1.ObjectIdentifier{serverAuth}))},
		{Id: microsoft(21, 10), Value: must(asn1.Marshal([][]asn1.ObjectIdentifier{{serverAuth}}))},
		{Id: subjectAlternativeName, Value: names},
		{Id: asn1.ObjectIdentifier{2, 5, 29, 14}, Value: must(asn1.Marshal(identifier[:20]))},
	}
	wide := func(text string) asn1.RawValue {
		octets := []byte{}
		for _, letter := range text {
			octets = append(octets, byte(letter>>8), byte(letter))
		}
		return asn1.RawValue{Tag: asn1.TagBMPString, Bytes: octets}
	}
	version := asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte("10.0.20348.2")}
	client := struct {
		ID      int
		Machine string `asn1:"utf8"`
		User    string `asn1:"utf8"`
		Process string `asn1:"utf8"`
	}{5, "web.example.com", "EXAMPLE\\Administrator", "certreq.exe"}
	provider := struct {
		Spec      int
		Name      asn1.RawValue
		Signature asn1.BitString
	}{1, wide("Microsoft RSA SChannel Cryptographic Provider"), asn1.BitString{}}
	info := struct {
		Version    int
		Subject    asn1.RawValue
		PublicKey  asn1.RawValue
		Attributes []attribute `asn1:"set,tag:0"`
	}{
		Subject:   asn1.RawValue{FullBytes: must(asn1.Marshal(pkix.Name{Country: []string{"CN"}, Organization: []string{"Example"}, CommonName: "web.example.com"}.ToRDNSequence()))},
		PublicKey: asn1.RawValue{FullBytes: spki},
		Attributes: []attribute{
			{microsoft(13, 2, 3), []asn1.RawValue{version}},
			{microsoft(21, 20), []asn1.RawValue{{FullBytes: must(asn1.Marshal(client))}}},
			{microsoft(13, 2, 2), []asn1.RawValue{{FullBytes: must(asn1.Marshal(provider))}}},
			{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 14}, []asn1.RawValue{{FullBytes: must(asn1.Marshal(extensions))}}},
		},
	}
	body := must(asn1.Marshal(info))
	digest := sha256.Sum256(body)
	signature := must(key.Sign(rand.Reader, digest[:], crypto.SHA256))
	signed := struct {
		Info      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{
		asn1.RawValue{FullBytes: body},
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	}
	return encoded("NEW CERTIFICATE REQUEST", must(asn1.Marshal(signed)))
}

func uris(text string) []*url.URL {
	return []*url.URL{must(url.Parse(text))}
}

func rsaKey() crypto.Signer {
	return must(rsa.GenerateKey(rand.Reader, 2048))
}

func ecKey() crypto.Signer {
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func encoded(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

func run(name string, arguments ...string) []byte {
	command := exec.Command(name, arguments...)
	var said bytes.Buffer
	command.Stderr = &said
	output, err := command.Output()
	if err != nil {
		panic(fmt.Errorf("%s: %w: %s", name, err, said.String()))
	}
	return output
}

func must[Value any](value Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return value
}
