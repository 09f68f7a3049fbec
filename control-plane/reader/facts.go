package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

type commonFacts struct {
	Subject            [][]attribute `json:"subject"`
	RawSubject         []byte        `json:"rawSubject"`
	PublicKey          string        `json:"publicKey"`
	RawPublicKey       []byte        `json:"rawPublicKey"`
	SignatureAlgorithm string        `json:"signatureAlgorithm"`
	Names              names         `json:"names"`
	// Bit n is the key usage of that number in RFC 5280.
	KeyUsage           int         `json:"keyUsage"`
	ExtKeyUsages       []string    `json:"extKeyUsages"`
	UnknownExtKeyUsage []string    `json:"unknownExtKeyUsages"`
	HasConstraints     bool        `json:"hasConstraints"`
	IsCA               bool        `json:"isCA"`
	PathLength         *int        `json:"pathLength"`
	Extensions         []extension `json:"extensions"`
}

// An attribute without text has a value that Go reads as none.
type attribute struct {
	Type  string  `json:"type"`
	Value *string `json:"value"`
}

// Addresses are in hex, for Go writes one address of two lengths alike.
type names struct {
	DNS       []string `json:"dns"`
	Emails    []string `json:"emails"`
	Addresses []string `json:"addresses"`
	URIs      []string `json:"uris"`
}

type extension struct {
	ID       string `json:"id"`
	Critical bool   `json:"critical"`
}

func relativeNames(raw []byte) ([][]attribute, error) {
	var sequence pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &sequence); err != nil {
		return nil, err
	}
	read := make([][]attribute, len(sequence))
	for index, set := range sequence {
		read[index] = []attribute{}
		for _, member := range set {
			one := attribute{Type: member.Type.String()}
			if text, isText := member.Value.(string); isText {
				one.Value = &text
			}
			read[index] = append(read[index], one)
		}
	}
	return read, nil
}

func namesOf(dns, emails []string, addresses []net.IP, uris []*url.URL) names {
	read := names{DNS: append([]string{}, dns...), Emails: append([]string{}, emails...), Addresses: []string{}, URIs: []string{}}
	for _, address := range addresses {
		read.Addresses = append(read.Addresses, hex.EncodeToString(address))
	}
	for _, uri := range uris {
		read.URIs = append(read.URIs, uri.String())
	}
	return read
}

func knownUsages(usages []x509.ExtKeyUsage) []string {
	read := []string{}
	for _, usage := range usages {
		id, known := pki.OIDFromExtKeyUsage(usage)
		if !known {
			read = append(read, fmt.Sprintf("usage %d", usage))
			continue
		}
		read = append(read, id.String())
	}
	return read
}

func dotted(ids []asn1.ObjectIdentifier) []string {
	read := []string{}
	for _, id := range ids {
		read = append(read, id.String())
	}
	return read
}

func extensionsOf(extensions []pkix.Extension) []extension {
	read := []extension{}
	for _, each := range extensions {
		read = append(read, extension{ID: each.Id.String(), Critical: each.Critical})
	}
	return read
}

// pathLength is nil for a path without limit.
func pathLength(length int, isZero bool) *int {
	if length > 0 || isZero {
		return &length
	}
	return nil
}

func keyName(key any) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	default:
		return "other"
	}
}
