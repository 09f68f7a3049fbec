// Alibaba PCA as a list of answers for each action, in the shape of its true replies; it keeps what was called.
import type { PcaFailure } from '../../../../src/alibaba/errors.ts';
import type { CallOptions, PcaOutcome } from '../../../../src/alibaba/call.ts';
import type { IssueCall } from '../../../../src/issuing/operation.ts';
import { callerIdentifier } from '../../../../src/issuing/plan.ts';
import { issue } from '../../../support/certificates.ts';
import type { TestContent } from '../../../support/certificates.ts';
import { caContent, clusterUid, hierarchy, spkiOf, startsAt, uids, webContent } from './material.ts';

/** What one call gets; made from the call where that matters. */
export type CloudAnswer = (call: IssueCall) => Promise<PcaOutcome>;

const requestId = 'R1';
const chain = `${hierarchy.issuing.pem}${hierarchy.root.pem}`;
const names = new Map(Object.entries(uids).map(([name, uid]) => [callerIdentifier(clusterUid, uid), name]));

export class FakeCloud {
  readonly calls: string[] = [];
  readonly #answers: Map<string, CloudAnswer[]>;

  constructor(answers: Readonly<Record<string, readonly CloudAnswer[]>>) {
    this.#answers = new Map(Object.entries(answers).map(([action, list]) => [action, [...list]]));
  }

  readonly call = async (call: IssueCall, { mayGo }: CallOptions): Promise<PcaOutcome> => {
    if (mayGo?.() === false) return fails('Cancelled', { code: 'NotActing', mayHaveIssued: false })(call);
    this.calls.push(described(call));
    const next = this.#answers.get(call.action)?.shift();
    if (next === undefined) throw new Error(`The scene has no answer to ${described(call)}.`);
    return next(call);
  };
}

/** The action and what it is about: a certificate, an instance, the request whose identifier of ours it carries, a page. */
function described({ action, parameters: given }: IssueCall): string {
  const own = given['customIdentifier'] === undefined ? undefined : names.get(given['customIdentifier']);
  const about = own ?? given['Identifier'] ?? given['InstanceId'] ?? given['CurrentPage'];
  return about === undefined ? action : `${action} ${about}`;
}

/** This body. */
export function says(body: object): CloudAnswer {
  return async () => ({ kind: 'ok', body: { RequestId: requestId, ...body }, requestId });
}

/** The sentence of a failure of this class. */
export function cloudMessage(name: PcaFailure['class']): string {
  return `PCA says ${name}.`;
}

/** A failure; `mayHaveIssued` unless told otherwise only for the classes that mean it. */
export function fails(name: PcaFailure['class'], changes: Partial<PcaFailure> = {}): CloudAnswer {
  const failure: PcaFailure = {
    service: 'PCA',
    class: name,
    code: name,
    httpStatus: 400,
    requestId,
    message: cloudMessage(name),
    accessDenied: undefined,
    mayHaveIssued: ['OutcomeUnknown', 'Duplicate', 'Cancelled', 'Unknown'].includes(name),
    ...changes,
  };
  return async () => ({ kind: 'failed', failure });
}

/** One without any answer of the service: a connection that was refused. */
export const unreachable = fails('Transient', { httpStatus: undefined, requestId: undefined });

interface Leaf {
  readonly content?: Omit<TestContent, 'subject'>;
  readonly isCA?: boolean;
  readonly key?: string;
  readonly notBefore?: Date;
  readonly days?: number;
}

async function certificate({ key = '', isCA = false, ...leaf }: Leaf): Promise<string> {
  const notBefore = leaf.notBefore ?? new Date(startsAt);
  return issue(hierarchy.issuing, {
    spki: await spkiOf('P-256', key),
    subject: isCA ? [{ CN: ['mesh'] }] : [],
    content: leaf.content ?? (isCA ? caContent : webContent),
    notBefore,
    notAfter: new Date(notBefore.getTime() + (leaf.days ?? (isCA ? 365 : 90)) * 86_400_000),
  });
}

/** The certificate that the call asks for, but for the changes. */
export function issues(identifier: string, changes: Leaf = {}): CloudAnswer {
  return async (call) => {
    const { Validity = '', BeforeTime, AfterTime } = call.parameters;
    const [begin = '', end = ''] = Validity.split('/');
    const from = BeforeTime === undefined ? Date.parse(begin) : Number(BeforeTime) * 1_000;
    const to = AfterTime === undefined ? Date.parse(end) : Number(AfterTime) * 1_000;
    const isCA = call.action === 'CreateExternalCACertificate';
    const days = (to - from) / 86_400_000;
    const Certificate = await certificate({ notBefore: new Date(from), days, isCA, ...changes });
    return says({ Identifier: identifier, Certificate, CertificateChain: chain })(call);
  };
}

/** A certificate as DescribeClientCertificate shows it. */
export function describes(identifier: string, changes: Leaf = {}): CloudAnswer {
  return async (call) => {
    const X509Certificate = await certificate(changes);
    return says({ Certificate: { Identifier: identifier, Status: 'ISSUE', X509Certificate, CertChain: chain } })(call);
  };
}

/** A CA as DescribeCACertificate shows it. */
export function describesCA(identifier: string, changes: Leaf = {}): CloudAnswer {
  return async (call) => {
    const X509Certificate = await certificate({ isCA: true, ...changes });
    return says({ Certificate: { Identifier: identifier, Status: 'ISSUE', X509Certificate, CaCertChain: chain } })(
      call,
    );
  };
}

/** The CA's list, in which these requests have certificates: PCA's identifier by the request's name. */
export function lists(found: Readonly<Record<string, string>>): CloudAnswer {
  const BeforeTime = Date.parse(startsAt);
  const List = Object.entries(found).map(([name, Identifier]) => ({
    Identifier,
    CustomIdentifier: callerIdentifier(clusterUid, uids[name] ?? ''),
    BeforeTime,
  }));
  return says({ List, TotalCount: List.length });
}

/** The list of client and server certificates with these, each for a key. */
export function listsStored(...found: readonly { readonly identifier: string; readonly key: string }[]): CloudAnswer {
  return async (call) => {
    const CertificateList = await Promise.all(
      found.map(async ({ identifier, key }) => ({
        Identifier: identifier,
        X509Certificate: await certificate({ key }),
        BeforeDate: Date.parse(startsAt),
        Status: 'ISSUE',
      })),
    );
    return says({ CertificateList, TotalCount: found.length })(call);
  };
}

/** State of a purchased instance. */
export function instance(InstanceId: string, Status: 'BUY' | 'USED' | 'REFUND', Identifier?: string): CloudAnswer {
  return says({ InstanceStatusList: [{ InstanceId, Status, Identifier }] });
}
