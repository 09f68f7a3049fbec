// One request, its issuer, and PCA as it truly is, for sequences of whatever may happen to them.
import type { Call, PcaCall, PcaOutcome } from '../../../../../src/alibaba/call.ts';
import { PcaAuthority } from '../../../../../src/authority/certificate-authority.ts';
import { CertificateSearches } from '../../../../../src/authority/certificate-search.ts';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import type { IssuerSpec } from '../../../../../src/crds/issuer.ts';
import { issue, makeHierarchy } from '../../../../support/certificates.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { noLimits } from '../../../authority/authority-stage.ts';
import { hierarchy, spkiOf, uids, webContent } from '../../characterization/material.ts';
import { issuerName, Rig } from '../rig.ts';

/** What an issuing call comes to. `late`: PCA gets it later, if ever; `throws`: a defect here, after PCA has issued. */
export type CallFate = 'answer' | 'receipt' | 'answer lost' | 'call lost' | 'late' | 'throttled' | 'throws';

/** What may happen; `look`: the request is looked at. */
export type Happening =
  | { readonly passes: number }
  | { readonly clockJumps: number }
  /** Another process takes over, whose wall clock is off by so much. */
  | { readonly clockOff: number }
  /** The issuer's spec.validity from now on. */
  | { readonly validity: Partial<IssuerSpec['validity']> }
  | 'look'
  | 'other CA'
  | 'other operation'
  | 'other access key'
  | 'restart'
  | 'late call arrives'
  | 'lists fail'
  | 'revoked'
  | 'deleted';

interface Stored {
  readonly identifier: string;
  readonly own: string | undefined;
  readonly parentIdentifier: string;
  readonly pem: string;
  readonly chain: string;
  isReady: boolean;
  isRevoked: boolean;
}

/** The CAs by their identifiers. */
export const hierarchies = { ca: hierarchy, 'ca-2': await makeHierarchy('P-256', new Date('2026-01-02T00:00:00Z')) };
const spki = await spkiOf('P-256');
const noAnswer = failed('OutcomeUnknown', { httpStatus: undefined });
/** How a world differs from the usual one. */
interface Differences {
  readonly operation?: IssuerSpec['operation'];
  /** From when on PCA has a certificate for the same key that another request got. */
  readonly othersFrom?: Date;
  /** The end of the CA; nothing comes near it otherwise. */
  readonly caUntil?: Date;
}

const refuses = (code: string, name: Parameters<typeof failed>[0]): PcaOutcome => failed(name, { code });

/** PCA: what it keeps, and what it does with calls. */
export class TruePca {
  readonly certificates = new Map<string, Stored>();
  listsFail = false;
  /** It gives no answer; what reaches it is worked off later, if ever. */
  isSilent = false;
  readonly deadKeys = new Set<number>();
  /** How many issuing calls arrived since one was refused as a duplicate. */
  callsAfterDuplicate: number | undefined;
  /** Certificates that were paid for while another of the request was there. */
  doubles = 0;
  /** Certificates that were paid for. */
  paid = 0;
  readonly #late: PcaCall[] = [];
  readonly #refusesDuplicates: boolean;
  #fates: readonly CallFate[];
  readonly #onCall: () => void;

  constructor(refusesDuplicates: boolean, fates: readonly CallFate[], onCall: () => void) {
    this.#refusesDuplicates = refusesDuplicates;
    this.#fates = fates;
    this.#onCall = onCall;
  }

  /** Calls with an access key. */
  through(key: number): Call {
    return async (call, { mayGo }) => {
      this.#onCall();
      if (mayGo?.() === false) throw new Error('The fence was shut.');
      if (this.isSilent) return this.#miss(call);
      if (this.deadKeys.has(key)) return refuses('InvalidAccessKeyId.NotFound', 'Credentials');
      if (call.action.startsWith('Create')) return this.#create(call);
      if (call.action.startsWith('List')) return this.#list(call);
      return this.#describe(call.parameters['Identifier'] ?? '');
    };
  }

  /** How many calls are late. */
  get late(): number {
    return this.#late.length;
  }

  #miss(call: PcaCall): PcaOutcome {
    if (!call.action.startsWith('Create')) return noAnswer;
    const [fate = 'late', ...rest] = this.#fates;
    this.#fates = rest;
    if (fate === 'late') this.#late.push(call);
    return noAnswer;
  }

  /** The service gets what was late, in order. */
  async arrive(): Promise<void> {
    for (const call of this.#late.splice(0)) if (!this.#isDuplicate(call)) await this.#make(call, true);
  }

  /** Something happens at the service. */
  async change(happening: 'late call arrives' | 'lists fail' | 'revoked' | 'deleted'): Promise<void> {
    switch (happening) {
      case 'late call arrives':
        return this.arrive();
      case 'lists fail':
        this.listsFail = !this.listsFail;
        return;
      case 'revoked':
        for (const each of this.certificates.values()) each.isRevoked = true;
        return;
      case 'deleted':
        this.certificates.clear();
    }
  }

  /** Nothing is lost or late any more. */
  async recover(): Promise<void> {
    await this.arrive();
    this.#fates = [];
    this.listsFail = false;
    this.isSilent = false;
    for (const each of this.certificates.values()) each.isReady = true;
  }

  #isDuplicate({ parameters }: PcaCall): boolean {
    const own = parameters['customIdentifier'];
    return (
      this.#refusesDuplicates && own !== undefined && [...this.certificates.values()].some((each) => each.own === own)
    );
  }

  async #create(call: PcaCall): Promise<PcaOutcome> {
    const [fate = 'answer', ...rest] = this.#fates;
    this.#fates = rest;
    if (this.callsAfterDuplicate !== undefined) this.callsAfterDuplicate += 1;
    if (fate === 'throttled') return failed('Throttled');
    if (fate === 'call lost') return noAnswer;
    if (fate === 'late') {
      this.#late.push(call);
      return noAnswer;
    }
    if (this.#isDuplicate(call)) {
      this.callsAfterDuplicate ??= 0;
      return refuses('ParamRepeat', 'Duplicate');
    }
    const { identifier, pem, chain } = await this.#make(call, fate !== 'receipt');
    if (fate === 'throws') throw new Error('A defect.');
    if (fate === 'answer lost') return noAnswer;
    const texts = fate === 'receipt' ? {} : { Certificate: pem, CertificateChain: chain };
    return { kind: 'ok', body: { Identifier: identifier, ...texts }, requestId: 'R1' };
  }

  /** A certificate for the same key and names, which another request got. */
  async makeOther(notBefore: Date): Promise<void> {
    const notAfter = new Date(notBefore.getTime() + 90 * 24 * 3_600_000);
    const content = { spki, subject: [], content: webContent, notBefore, notAfter };
    const { issuing, root } = hierarchies.ca;
    const pem = await issue(issuing, content);
    const chain = `${issuing.pem}${root.pem}`;
    const fields = { own: undefined, parentIdentifier: 'ca', isReady: true, isRevoked: false };
    this.certificates.set('other', { identifier: 'other', pem, chain, ...fields });
  }

  async #make({ parameters }: PcaCall, isReady: boolean): Promise<Stored> {
    this.paid += 1;
    this.doubles += [...this.certificates.values()].filter(({ isRevoked }) => !isRevoked).length;
    const { Validity = '', BeforeTime, AfterTime, ParentIdentifier: parentIdentifier = '' } = parameters;
    const [begin = '', end = ''] = Validity.split('/');
    const { issuing, root } = hierarchies[parentIdentifier as keyof typeof hierarchies];
    const pem = await issue(issuing, {
      spki,
      subject: [],
      content: webContent,
      notBefore: BeforeTime === undefined ? new Date(begin) : new Date(Number(BeforeTime) * 1_000),
      notAfter: AfterTime === undefined ? new Date(end) : new Date(Number(AfterTime) * 1_000),
    });
    const identifier = `c${this.certificates.size + 1}-${parentIdentifier}`;
    const own = parameters['customIdentifier'];
    const chain = `${issuing.pem}${root.pem}`;
    const made = { identifier, own, parentIdentifier, pem, chain, isReady, isRevoked: false };
    this.certificates.set(identifier, made);
    return made;
  }

  #list({ action, parameters }: PcaCall): PcaOutcome {
    if (this.listsFail) return failed('Transient');
    const all = [...this.certificates.values()].toReversed();
    if (action === 'ListClientCertificate') {
      const CertificateList = all.map(({ identifier, pem, isRevoked }) => ({
        Identifier: identifier,
        X509Certificate: pem,
        Status: isRevoked ? 'REVOKE' : 'ISSUE',
      }));
      return { kind: 'ok', body: { CertificateList, TotalCount: all.length }, requestId: 'R1' };
    }
    const List = all
      .filter(({ parentIdentifier }) => parentIdentifier === parameters['ParentIdentifier'])
      .map(({ identifier, own }) => ({ Identifier: identifier, CustomIdentifier: own }));
    return { kind: 'ok', body: { List, TotalCount: List.length }, requestId: 'R1' };
  }

  #describe(identifier: string): PcaOutcome {
    const stored = this.certificates.get(identifier);
    if (stored === undefined) return refuses('NotFound', 'Unknown');
    const { pem, chain, isReady, isRevoked } = stored;
    const X509Certificate = isReady ? pem : undefined;
    const Certificate = {
      Identifier: identifier,
      Status: isRevoked ? 'REVOKE' : 'ISSUE',
      X509Certificate,
      CertChain: chain,
    };
    return { kind: 'ok', body: { Certificate }, requestId: 'R1' };
  }
}

const uid = uids['web-1'] ?? '';
const endpoint = { protocol: 'HTTPS', host: 'pca.test', caBundle: undefined, region: 'cn-hangzhou' } as const;

/** The request in its process, over PCA as it truly is. */
export class World {
  readonly pca: TruePca;
  readonly #rig = new Rig({ spec: { issuanceLimits: { reissuesPerHour: 0 } } });
  #searches: CertificateSearches;
  readonly #differences: Differences;
  #settings: Pick<IssuerSpec, 'parentIdentifier' | 'operation'> & { validity?: IssuerSpec['validity'] };
  #key = 0;
  #clockOff = 0;
  /** How the request ended. */
  end: 'issued' | 'failed' | undefined;
  /** PCA's identifier of the certificate that it got. */
  certificate: string | undefined;

  /** `fates`: of the issuing calls, in order; further ones are answered. */
  constructor(refusesDuplicates: boolean, fates: readonly CallFate[], differences: Differences = {}) {
    this.#differences = differences;
    this.#settings = { parentIdentifier: 'ca', operation: differences.operation ?? 'CreateCustomCertificate' };
    this.pca = new TruePca(refusesDuplicates, fates, () => this.#rig.clock.skip(1));
    this.#searches = new CertificateSearches(noLimits, this.#rig.clock);
    this.#check();
  }

  /** What was there before. */
  async prepare(): Promise<void> {
    const { othersFrom } = this.#differences;
    if (othersFrom !== undefined) await this.pca.makeOther(othersFrom);
  }

  /** Something happens. */
  async happen(happening: Happening): Promise<void> {
    if (typeof happening === 'string') return this.#change(happening);
    const { clock } = this.#rig;
    if ('passes' in happening) clock.advance(happening.passes);
    else if ('clockJumps' in happening) clock.jump(happening.clockJumps);
    else if ('validity' in happening) {
      this.#settings = { ...this.#settings, validity: { backdate: '0s', onExceed: 'Clamp', ...happening.validity } };
      this.#check();
    } else {
      clock.jump(happening.clockOff - this.#clockOff);
      this.#clockOff = happening.clockOff;
      await this.#change('restart');
    }
  }

  /** The cloud answers from now on: the request is looked at until it ends, or for hours. */
  async recover(): Promise<void> {
    await this.pca.recover();
    for (let looks = 0; looks < 40 && this.end === undefined; looks += 1) await this.#look(300_000);
  }

  async #change(happening: Extract<Happening, string>): Promise<void> {
    const { clock, memories } = this.#rig;
    switch (happening) {
      case 'look':
        return this.#look(1_000);
      case 'other CA': {
        const parentIdentifier = this.#settings.parentIdentifier === 'ca' ? 'ca-2' : 'ca';
        this.#settings = { ...this.#settings, parentIdentifier };
        return this.#check();
      }
      case 'other operation': {
        const isCustom = this.#settings.operation === 'CreateCustomCertificate';
        const operation = isCustom ? 'CreateCertificateWithExtension' : 'CreateCustomCertificate';
        this.#settings = { ...this.#settings, operation };
        return this.#check();
      }
      case 'other access key':
        this.pca.deadKeys.add(this.#key);
        this.#key += 1;
        return this.#check();
      case 'restart':
        memories.forget(uid);
        memories.of(uid).inherited(clock.monotonic());
        this.pca.callsAfterDuplicate = undefined;
        this.#searches = new CertificateSearches(noLimits, clock);
        return this.#check();
      case 'late call arrives':
      case 'lists fail':
      case 'revoked':
      case 'deleted':
        return this.pca.change(happening);
    }
  }

  async #look(afterMs: number): Promise<void> {
    if (this.end !== undefined) return;
    const { clock, readyIssuers } = this.#rig;
    clock.advance(afterMs);
    // Whatever held the issuer is over.
    const ready = readyIssuers.last(issuerName);
    if (ready !== undefined) readyIssuers.open(issuerName, ready);
    const decision = await this.#decide();
    if (decision?.kind === 'issued' || decision?.kind === 'failed') this.end = decision.kind;
    if (decision?.kind === 'issued') this.certificate = decision.certificate.identifier;
  }

  async #decide(): Promise<Decision | undefined> {
    try {
      return await this.#rig.decide();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.message === 'A defect.') return undefined;
      throw thrown;
    }
  }

  /** The issuer was checked with its present settings. */
  #check(): void {
    const { readyIssuers, clock } = this.#rig;
    const last = readyIssuers.last(issuerName);
    if (last === undefined) throw new Error('The issuer was not checked.');
    const spec = { ...last.spec, ...this.#settings };
    const { parentIdentifier } = spec;
    const { caUntil } = this.#differences;
    const opened = { call: this.pca.through(this.#key), endpoint, account: Promise.resolve('42') };
    readyIssuers.open(issuerName, {
      ...last,
      spec,
      ca: issuingCA(hierarchies[parentIdentifier as keyof typeof hierarchies], {
        Identifier: parentIdentifier,
        ...(caUntil === undefined ? {} : { AfterDate: caUntil.getTime() }),
      }),
      authority: new PcaAuthority(opened, spec, this.#searches, clock),
    });
  }
}
