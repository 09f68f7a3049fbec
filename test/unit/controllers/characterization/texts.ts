// Every text that the rows expect, in one place: wording is product, and changes here only.
import { adviceToRenew } from '../../../support/renewal.ts';

const pause = 'with growing pauses of at most 300 s.';
const issuer = 'AlibabaPCAIssuer "shop/pca"';

export const issued = (operation: string, identifier: string, ...notices: readonly string[]): string =>
  [
    `Issued by Alibaba Cloud PCA with ${operation}: serial number SERIAL, PCA identifier ${identifier}.`,
    ...notices,
  ].join(' ');
export const clampedToIssuer =
  "It is valid for 24h0m0s instead of 2160h0m0s, because of the issuer's spec.validity.maxDuration 24h0m0s.";
export const cutThen =
  'It is valid for 720h0m0s instead of 2160h0m0s, because of a limit of the CA or the issuer when it was called for.';
export const namesDiffer =
  'Accepted because spec.verification.names of the issuer is Allow: it has DNS other.shop.svc, which was not asked for.';

// Why a request waits.
export const notIssuedYet = (message: string): string => `Not issued yet: ${message}`;
export const trouble = (message: string): string =>
  `Not issued yet: ${message} It is tried again automatically, ${pause}`;
export const validUntil = (end: string): string =>
  ` The present certificate of Certificate "shop/web" is valid until ${end}.`;
export const expired = (end: string): string =>
  ` The present certificate of Certificate "shop/web" has expired (${end}).`;
export const issuerMissing = `Waiting for ${issuer}, which does not exist. Create it, or correct issuerRef; this request then continues automatically.`;
export const signerMissing = `Waiting for ${issuer}, which does not exist. Create it, and this request continues automatically; or make a new request with another spec.signerName.`;
export const issuerNotReady = (reason: string): string =>
  `Waiting for ${issuer}, which is not ready (${reason}). See: kubectl describe alibabapcaissuer pca -n shop. This request then continues automatically.`;
export const unknownKind =
  'issuerRef.kind is Issuer, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.';
export const turn =
  'Waiting for its turn: more requests than Alibaba Cloud lets this account make with CreateCustomCertificate per second. No action is needed.';
export const endpointHeld =
  'Waiting for its turn: several calls of CreateCustomCertificate had no answer, so one at a time is tried until PCA answers again. If this lasts, check spec.region and spec.endpoint of the issuer and the network.';
export const limitReached = (field: string, most: number, until: string): string =>
  `Held: spec.issuanceLimits.${field} of the issuer allows ${most === 1 ? '1 certificate and it was' : `${most} certificates and these were`} issued. Raise it if more are wanted. It continues automatically at ${until}.`;
export const reissueLoop = (most: number, until: string): string =>
  `Held: Certificate "shop/web" got ${most === 1 ? '1 certificate' : `${most} certificates`} within an hour, which looks like a loop. Mostly cert-manager sees its Secrets late and takes what was issued for missing: look whether cert-manager or the API server is overloaded, and restart cert-manager. Or find what else re-issues it (renewBefore close to the duration, two Certificates with one secretName, a Secret that something changes). Or raise spec.issuanceLimits.reissuesPerHour of the issuer (0: no limit). It continues automatically at ${until}.`;
export const askedAgain = (paid: string, until: string): string =>
  `Held: Certificate "shop/web" got a certificate at ${paid} already. cert-manager may not have seen the Secret yet, so it is given time until ${until}; then this continues automatically. No action is needed.`;
export const stillTried = (message: string, duration: string): string =>
  `Not issued for longer than spec.patience.duration of the issuer (${duration}): ${message} It is still tried automatically; somebody should look into it.`;
export const givenUp = (message: string, duration: string): string =>
  `Not issued for longer than spec.patience.duration of the issuer (${duration}): ${message} spec.patience.onExceeded of the issuer is Fail. This request is given up; a new one is needed.`;

export const ownerHeld = (certificate: string, reason: string, until: string): string =>
  `Held: the last request of Certificate "${certificate}" failed with ${reason}, and a further try may cost a certificate again. See its message, and correct the Certificate, or the issuer if that is at fault. It continues automatically at ${until}, or when the issuer's spec changes.`;

// Kinds of trouble.
export const notGivenYet = (identifier: string): string =>
  `PCA accepted the request as ${identifier} but has not given the certificate yet (RequestId R1).`;
export const notFinished = (identifier: string): string =>
  `PCA knows certificate ${identifier} but has not finished it yet.`;
export const unreadable =
  'The answer to CreateCustomCertificate holds neither a certificate nor an identifier. (RequestId R1)';
export const unreadableList = 'The answer to ListCert holds no list of certificates.';
export const certificateUnreadable = (failure: string): string =>
  `Certificate "shop/web" could not be read: ${failure}.`;
export const clusterUnknown = (failure: string): string =>
  `The cluster's identity could not be read: ${failure}. The operator's ClusterRole must allow get on the namespace kube-system.`;
export const authorizationUnknown = (failure: string): string =>
  `Whether ann may use the issuer could not be found out: ${failure}.`;
export const noInstanceLeft = (count: number): string =>
  `All instances in spec.externalCA.instanceIds of the issuer (${count}) are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID.`;
export const instanceUnsettled = (failure: string): string => `The issuer's status could not be written: ${failure}.`;
export const issuerUnreadable = (failure: string): string => `The issuer could not be read: ${failure}.`;
export const ofExternalCAs = (failure: string, setting: string): string =>
  `${failure} This concerns the CA certificates of the issuer alone: correct ${setting} of the issuer, or what it needs in PCA and RAM.`;
export const caNotGivenYet = 'CreateExternalCACertificate was called, but PCA has not given the certificate yet.';
export const lookedForByKeyIn = (seconds: number): string =>
  `CreateCertificateWithExtension was called, or may have been, without an answer that was seen. It takes no identifier, so its certificate is looked for by its key, in ${seconds} s.`;

// Why a request fails.
export const renewalAdvice = adviceToRenew({ namespace: 'shop', name: 'web' });
export const denied =
  'The CertificateRequest was denied by an approval controller, so no certificate is issued for it.';
export const rejectedByPCA = (message: string): string =>
  `Alibaba Cloud PCA refuses this request: ${message} Correct the Certificate; asking again unchanged gives the same answer.`;
export const deniedReference =
  'User "ann" may not use AlibabaPCAIssuer "shop/pca". Grant a Role in namespace "shop" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["pca"], then create the request again.';
export const emptyCsr =
  'spec.request: the certificate request (CSR) cannot be used: it is empty. Create the CertificateRequest again with a signed PKCS#10 request in PEM.';
export const caNotOffered =
  "spec.isCA: CreateCustomCertificate cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.";
export const noRoomToRenew =
  "spec.duration: the issuer's spec.validity.maxDuration 24h0m0s leaves 24h0m0s, too little for the Certificate's spec.renewBefore 23h0m0s: cert-manager would renew it again and again. Ask for a shorter renewBefore, or raise the limit.";
export const mismatch = (identifier: string, origin: string, fault: string): string =>
  `PCA issued certificate ${identifier}${origin}, but it is not what was asked for, so it is not used: ${fault}`;
export const otherKey =
  'its public key is not the one of the request. Look at the CA in PCA, and report it to Alibaba Cloud.';
export const noCA = 'it is no CA certificate. Look at the CA in PCA, and report it to Alibaba Cloud.';
export const kept = ' It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.';
export const unusedAdopted =
  ' It was not revoked, because an earlier call made it, perhaps that of a cluster of which this one is a copy: revoke it in the PCA console if nobody uses it.';
export const beingRevoked = ' It is being revoked (spec.revocationPolicy of the issuer).';

// Faults of the issuer.
export const credentialsInvalid = 'The access key comes from Secret "access-key", named by spec.credentials.secretRef.';
export const permissionDenied = 'The RAM identity is the one of spec.credentials.';
export const capacityExhausted = 'The CA is spec.parentIdentifier "ca".';
export const caUnusable =
  'The CA is spec.parentIdentifier "ca"; it must be an active sub CA of this account and region.';
export const withdrawn =
  'Alibaba Cloud has withdrawn CreateCertificateWithExtension. Set spec.operation to CreateCustomCertificate.';
export const badSetting = (field: string): string => `The parameter comes from ${field} of the issuer; correct it.`;
export const whichSts =
  "STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint, else for spec.network VPC the region's VPC host, else of the operator's environment (Helm: sts.endpoint, sts.region, sts.vpc), else of spec.region. It is tried again automatically.";
export const badChain =
  'the reply cannot be read: a text holds no PEM certificate. Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud.';
export const oneAtATime = 'After several calls without an answer one at a time is tried.';

// Trouble with the API server.
export const notWritten = (what: 'issued' | 'failed', failure: string): string =>
  `${what === 'issued' ? 'The certificate was issued and is kept' : 'The request is refused'}, but the status of this request cannot be written: ${failure}. It is tried again automatically; nothing is issued a second time.`;
export const resultNotWritten = (failure: string): string =>
  `The result of the request could not be written: ${failure}`;
export const waitNotWritten = (failure: string): string => `The reason for waiting could not be written: ${failure}`;
export const reading = (failure: string): string => `reading the request: ${failure}`;
export const writingWait = (failure: string): string => `writing why the request waits: ${failure}`;
export const writingResult = (failure: string): string => `writing the result: ${failure}`;
export const writingDenial = (failure: string): string => `writing the denial: ${failure}`;

export const restored =
  'Held: this request was restored or copied without Certificate "shop/web", which is not among its ownerReferences. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest web-1 -n shop. As long as it exists, cert-manager cannot make a request of this name.';

// Requests that are gone or wait for approval.
export const goneKept =
  'A certificate was issued but its request is gone; revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically).';
export const goneAdopted = `A certificate of an earlier call was found but its request is gone.${unusedAdopted}`;
export const endedKept =
  'A certificate was paid for in vain: revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically). Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.';
export const ended =
  'Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.';
export const keyFamilyChanged =
  'Held: spec.request: the CSR\'s key is P-256, but CA "ca" issues for RSA keys only. Choose algorithm RSA (in a Certificate: spec.privateKey), or another CA. The CA that the issuer named before had ECC keys, so this renewal is not failed. It continues automatically when the issuer names a CA with ECC keys again; a Certificate whose spec.privateKey is changed gets a new request.';
export const defectAlone =
  'a defect of the operator (Error) keeps the request from being decided. Look for "A defect of the operator" in the operator\'s log and report what it says.';
export const defect =
  'Not issued yet: a defect of the operator (Error) keeps the request from being decided. Look for "A defect of the operator" in the operator\'s log and report what it says. It is tried again automatically, with growing pauses of at most 300 s.';
export const goneRevoked =
  'A certificate was issued but its request is gone; it is revoked, because spec.revocationPolicy of the issuer is RequestGone.';
const grant =
  'cert-manager approves automatically only where its ServiceAccount may: bind it to the ClusterRole cert-manager-controller-approve:pca-alibabacloud-com (chart: approverRole.enabled, certManager.serviceAccount). Where another approver decides, such as approver-policy, leave it so: give that one the role (chart: approverRole.subjects) and a policy that applies to the request.';
export const unapproved = (since: string): string =>
  `Waits since ${since} to be approved or denied; ${grant} By hand: cmctl approve -n shop web-1.`;
export const unapprovedSigning = (since: string): string =>
  `Waits since ${since} to be approved or denied; nobody approves such requests automatically: kubectl certificate approve csr-1.`;
export const issuerUnapproved = `Requests for this issuer wait to be approved or denied. ${grant} See: kubectl get certificaterequests -A.`;
export const issuerUnapprovedSigning = 'Requests for this issuer wait to be approved or denied. See: kubectl get csr.';
