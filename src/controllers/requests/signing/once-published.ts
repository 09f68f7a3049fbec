// A certificate is handed out only when clients find what verifies it where the issuer publishes that. The issuer's check sees to
// it for the CA that it names; a bought instance may lead to another root, and PCA may show one with a certificate alone.
import { shownAnchor } from '../../../issuing/trust/anchors.ts';
import { isTrustedNow } from '../../../issuing/trust/trust-state.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { SigningOutcome } from './outcome.ts';

/**
 * The outcome as it is, or the wait of a certificate that is there for what verifies it to be published: in the status, and in the
 * ConfigMap where the issuer has one. With Static nothing but what is given is ever published, and nothing else is in ca.crt.
 */
export function oncePublished(outcome: SigningOutcome, { spec, trustStatus }: ReadyIssuer): SigningOutcome {
  if (outcome.kind !== 'issued' || trustStatus === undefined || spec.trust.source === 'Static') return outcome;
  const { anchor } = outcome.certificate;
  if (anchor === undefined || isTrustedNow(trustStatus, anchor)) return outcome;
  const message = `The certificate is there, but it leads to ${shownAnchor(anchor)}, which clients do not find yet where the issuer publishes what they must trust (status.trust, spec.trust.publishTo); it is written once they do.`;
  return { kind: 'trouble', reason: 'RootNotPublished', message, demands: anchor };
}
