package main

import (
	"crypto/x509"
	"encoding/asn1"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

type requestFacts struct {
	commonFacts
	AttributeTypes []string `json:"attributeTypes"`
	// What the webhook of cert-manager objects to in a CertificateRequest with this spec; empty when nothing.
	UsagesObjection string `json:"usagesObjection"`
	CAObjection     string `json:"caObjection"`
}

// readRequest reads as cert-manager's webhook does: structure, signature, extensions, and then what the spec says.
func readRequest(asked question) (requestFacts, error) {
	request, err := x509.ParseCertificateRequest(asked.DER)
	if err != nil {
		return requestFacts{}, err
	}
	if err := request.CheckSignature(); err != nil {
		return requestFacts{}, err
	}
	template, err := pki.CertificateTemplateFromCSR(request)
	if err != nil {
		return requestFacts{}, err
	}
	subject, err := relativeNames(request.RawSubject)
	if err != nil {
		return requestFacts{}, err
	}
	facts := requestFacts{
		commonFacts: commonFacts{
			Subject:            subject,
			RawSubject:         request.RawSubject,
			PublicKey:          keyName(request.PublicKey),
			RawPublicKey:       request.RawSubjectPublicKeyInfo,
			SignatureAlgorithm: request.SignatureAlgorithm.String(),
			Names:              namesOf(request.DNSNames, request.EmailAddresses, request.IPAddresses, request.URIs),
			KeyUsage:           int(template.KeyUsage),
			ExtKeyUsages:       knownUsages(template.ExtKeyUsage),
			UnknownExtKeyUsage: dotted(template.UnknownExtKeyUsage),
			HasConstraints:     template.BasicConstraintsValid,
			IsCA:               template.IsCA,
			PathLength:         pathLength(template.MaxPathLen, template.MaxPathLenZero),
			Extensions:         extensionsOf(request.Extensions),
		},
		AttributeTypes: attributeTypes(request.RawTBSCertificateRequest),
	}
	usages := make([]cmapi.KeyUsage, len(asked.Usages))
	for index, usage := range asked.Usages {
		usages[index] = cmapi.KeyUsage(usage)
	}
	keyUsage, extKeyUsages, err := pki.KeyUsagesForCertificateOrCertificateRequest(usages, asked.IsCA)
	if err != nil {
		facts.UsagesObjection = err.Error()
		return facts, nil
	}
	facts.UsagesObjection = objection(request, pki.CertificateTemplateValidateAndOverrideKeyUsages(keyUsage, extKeyUsages))
	facts.CAObjection = objection(request, pki.CertificateTemplateValidateAndOverrideBasicConstraints(asked.IsCA, nil))
	return facts, nil
}

func objection(request *x509.CertificateRequest, check pki.CertificateTemplateValidatorMutator) string {
	if _, err := pki.CertificateTemplateFromCSR(request, check); err != nil {
		return err.Error()
	}
	return ""
}

// attributeTypes lists the types of those attributes that Go does not pass over as malformed.
func attributeTypes(body []byte) []string {
	var parts struct {
		Version    int
		Subject    asn1.RawValue
		PublicKey  asn1.RawValue
		Attributes []asn1.RawValue `asn1:"tag:0"`
	}
	types := []string{}
	if _, err := asn1.Unmarshal(body, &parts); err != nil {
		return types
	}
	for _, raw := range parts.Attributes {
		var attribute struct {
			Type   asn1.ObjectIdentifier
			Values []asn1.RawValue `asn1:"set"`
		}
		if rest, err := asn1.Unmarshal(raw.FullBytes, &attribute); err == nil && len(rest) == 0 && len(attribute.Values) > 0 {
			types = append(types, attribute.Type.String())
		}
	}
	return types
}
