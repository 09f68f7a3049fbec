package main

import (
	"crypto/x509"
	"encoding/hex"
)

type certificateFacts struct {
	commonFacts
	Issuer       [][]attribute `json:"issuer"`
	RawIssuer    []byte        `json:"rawIssuer"`
	SerialNumber string        `json:"serialNumber"`
	// Seconds since 1970.
	NotBefore int64 `json:"notBefore"`
	NotAfter  int64 `json:"notAfter"`
	// Hex; empty where the certificate has none.
	SubjectKeyID      string   `json:"subjectKeyId"`
	AuthorityKeyID    string   `json:"authorityKeyId"`
	UnhandledCritical []string `json:"unhandledCritical"`
}

func readCertificate(der []byte) (certificateFacts, error) {
	read, err := x509.ParseCertificate(der)
	if err != nil {
		return certificateFacts{}, err
	}
	subject, err := relativeNames(read.RawSubject)
	if err != nil {
		return certificateFacts{}, err
	}
	issuer, err := relativeNames(read.RawIssuer)
	if err != nil {
		return certificateFacts{}, err
	}
	return certificateFacts{
		commonFacts: commonFacts{
			Subject:            subject,
			RawSubject:         read.RawSubject,
			PublicKey:          keyName(read.PublicKey),
			RawPublicKey:       read.RawSubjectPublicKeyInfo,
			SignatureAlgorithm: read.SignatureAlgorithm.String(),
			Names:              namesOf(read.DNSNames, read.EmailAddresses, read.IPAddresses, read.URIs),
			KeyUsage:           int(read.KeyUsage),
			ExtKeyUsages:       knownUsages(read.ExtKeyUsage),
			UnknownExtKeyUsage: dotted(read.UnknownExtKeyUsage),
			HasConstraints:     read.BasicConstraintsValid,
			IsCA:               read.IsCA,
			// Go marks a path without limit with -1 here, and cert-manager does so with 0 in the template of a request.
			PathLength: pathLength(read.MaxPathLen, read.MaxPathLenZero),
			Extensions: extensionsOf(read.Extensions),
		},
		Issuer:            issuer,
		RawIssuer:         read.RawIssuer,
		SerialNumber:      read.SerialNumber.Text(16),
		NotBefore:         read.NotBefore.Unix(),
		NotAfter:          read.NotAfter.Unix(),
		SubjectKeyID:      hex.EncodeToString(read.SubjectKeyId),
		AuthorityKeyID:    hex.EncodeToString(read.AuthorityKeyId),
		UnhandledCritical: dotted(read.UnhandledCriticalExtensions),
	}, nil
}
