// Where the messages of the catalogues are brought about: a namespace of its own for each scene, whose steps are those of a
// user, and a PCA that answers as the scene says.
import {
  makeHierarchy,
  encoded,
  describedCA,
  issue,
  makeCsr,
  Pkcs10CertificateRequest,
} from '../../support/certificates.ts';
import type { TestCA, TestContent, TestHierarchy } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { whole } from '../../support/hostile/answers.ts';
import { HostileEndpoint } from '../../support/hostile/endpoint.ts';
import type { Exchange } from '../../support/hostile/endpoint.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion } from '../../support/world.ts';
import type { World } from '../../support/world.ts';
import type { ApiProxy, PassingRequest } from '../faults/api-proxy.ts';

/** A user's own steps to a message, and the whole message; what differs from run to run is in capitals (`TIME`, `ID`). */
export interface Scene {
  /** Gives the message as it was read. */
  readonly steps: (stage: Stage) => Promise<string>;
  readonly says: string;
  /** The namespace is exempt from cert-manager's webhook, as administrators may have it. */
  readonly isUnvalidated?: true;
  /** It is played before all others, since it disturbs them or they spoil it. */
  readonly isFirst?: true;
}

/**
 * The answer to a call: a body with status 200; with `code`, PCA's refusal with this code and `status`, 400 unless given; `date` is
 * its header.
 */
export type Reply = Readonly<Record<string, unknown>>;

/** What answers an action, instead of the simulator. */
export type Replies = Readonly<Record<string, (exchange: Exchange) => Reply | Promise<Reply>>>;

/** The name of the issuer of a scene, and of what it asks for. */
export const pca = 'pca';
export const web = 'web';

/** Usages of a request that asks for nothing odd, in the words of Kubernetes. */
export const serverUsages = ['digital signature', 'key encipherment', 'server auth'];
const serverAuth = '1.3.6.1.5.5.7.3.1';

/** What a leaf has when it is what the scenes ask for. */
export const serverContent: TestContent = {
  subject: [{ CN: ['web.example.com'] }],
  names: [{ kind: 'dns', value: 'web.example.com' }],
};
/** The same as PCA issues it. */
export const issuedContent: TestContent = {
  ...serverContent,
  keyUsages: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsages: [serverAuth],
  isCA: false,
};

/** Where all scenes are played: the operator's way to the API server leads through the proxy. */
export interface Theatre {
  readonly world: World;
  readonly proxy: ApiProxy;
}

// By the namespace of the scene.
const lost = new Map<string, (request: PassingRequest) => boolean>();

/** One namespace of a world. */
export class Stage {
  readonly world: World;
  readonly namespace: string;
  readonly #proxy: ApiProxy;
  readonly #endpoints: HostileEndpoint[] = [];

  private constructor({ world, proxy }: Theatre, namespace: string) {
    this.world = world;
    this.#proxy = proxy;
    this.namespace = namespace;
  }

  /** Plays a scene and gives what was read, as a template. */
  static async play(theatre: Theatre, { steps, isUnvalidated }: Scene): Promise<string> {
    const labels = isUnvalidated === true ? { 'control-plane.pca.alibabacloud.com/webhook': 'off' } : {};
    const stage = new Stage(theatre, await theatre.world.createNamespace('scene', labels));
    try {
      return stage.template(await steps(stage));
    } finally {
      lost.delete(stage.namespace);
      await Promise.all(stage.#endpoints.map(async (endpoint) => endpoint.stop()));
    }
  }

  /** From now on the operator gets no answer of the API server to these requests. */
  loseAnswers(which: (request: PassingRequest) => boolean): void {
    lost.set(this.namespace, which);
    this.#proxy.loseAnswers((request) => [...lost.values()].some((isLost) => isLost(request)));
  }

  /** The text with capitals for what differs from run to run. */
  template(text: string): string {
    return text
      .replaceAll(this.namespace, 'NAMESPACE')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
      .replaceAll(/\b[\dA-Fa-f]{8}(?:-[\dA-Fa-f]{4}){3}-[\dA-Fa-f]{12}\b/g, 'ID')
      .replaceAll(/\b[\dA-F]{2}(?::[\dA-F]{2}){31}\b/g, 'FINGERPRINT')
      .replaceAll(/\b[\da-f]{30,}\b/gi, 'SERIAL');
  }

  /** The API of PCA that answers these actions so, and all others as the simulator; the value is spec.endpoint. */
  async endpoint(replies: Replies): Promise<{ readonly host: string; readonly protocol: 'HTTP' }> {
    const endpoint = await HostileEndpoint.start({
      simulator: this.world.simulator.endpoint,
      isGenuine: (action) => replies[action] === undefined,
      answer: async (exchange) => {
        const reply = await replies[exchange.action]?.(exchange);
        if (reply === undefined) exchange.socket.destroy();
        else exchange.socket.end(bytesOf(reply));
      },
    });
    this.#endpoints.push(endpoint);
    return { host: endpoint.host, protocol: 'HTTP' };
  }

  /** Makes the issuer and waits until it is ready. */
  async issuer(spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.world.cluster.apply(this.world.issuer(this.namespace, pca, spec));
    await this.world.cluster.waitForCondition(this.issuerReference, { type: 'Ready', status: 'True' });
  }

  /** Makes an issuer whose PCA answers so. */
  async issuerOf(replies: Replies, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.issuer({ endpoint: await this.endpoint(replies), ...spec });
  }

  get issuerReference(): ObjectReference {
    return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: this.namespace, name: pca };
  }

  /** Creates a CertificateSigningRequest for the issuer of the scene and approves it unless told otherwise; `as` is its requester. */
  async signingRequest(
    csr: string,
    {
      usages = serverUsages,
      annotations = {},
      as,
      isApproved = true,
    }: {
      readonly usages?: readonly string[];
      readonly annotations?: Readonly<Record<string, string>>;
      readonly as?: string;
      readonly isApproved?: boolean;
    } = {},
  ): Promise<void> {
    const name = this.namespace;
    const object: Manifest = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name, annotations },
      spec: {
        request: encoded(csr),
        signerName: `alibabapcaissuers.pca.alibabacloud.com/${this.namespace}.${pca}`,
        usages,
      },
    };
    const { cluster } = this.world;
    await cluster.kubectl(['create', '-f', '-', ...(as === undefined ? [] : ['--as', as])], JSON.stringify(object));
    if (isApproved) await cluster.kubectl(['certificate', 'approve', name]);
  }

  /** Asks for what nobody can find fault with. */
  async askForServer(settings: { readonly annotations?: Readonly<Record<string, string>> } = {}): Promise<void> {
    await this.signingRequest(await makeCsr('P-256', serverContent), settings);
  }

  /** Reason and message of the condition Failed of the CertificateSigningRequest. */
  async failure(): Promise<string> {
    const found = await this.world.cluster.waitFor(
      { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', name: this.namespace },
      'the condition Failed',
      (object) => conditionsOf(object).some(({ type }) => type === 'Failed'),
    );
    const failed = conditionsOf(found).find(({ type }) => type === 'Failed');
    return `${failed?.reason ?? ''}: ${failed?.message ?? ''}`;
  }

  /** Reason and message of an event about an object of this name, of the kind of request or issuer. */
  async event(reason: string, about: string, text = /(?:)/): Promise<string> {
    return until(`an event ${reason} about ${about}`, async () => {
      const ofObject = await this.#events(about);
      const found = ofObject.find((event) => event['reason'] === reason && text.test(String(event['note'])));
      if (found === undefined) throw new NotYet(ofObject.map((event) => [event['reason'], event['note']]));
      return `${String(found['type'])} ${reason}: ${String(found['note'])}`;
    });
  }

  /** Whether there is such an event now. */
  async hasEvent(reason: string, about: string): Promise<boolean> {
    return (await this.#events(about)).some((event) => event['reason'] === reason);
  }

  async #events(about: string): Promise<readonly Manifest[]> {
    const lists = [this.namespace, 'default'].map(async (namespace) =>
      this.world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace }),
    );
    const events = (await Promise.all(lists)).flat();
    return events.filter((event) => (event['regarding'] as { readonly name?: string }).name === about);
  }
}

/** PCA whose CA is the scene's own: it describes the CA of the hierarchy and answers calls for certificates with `reply`. */
export async function madeCA(
  hierarchy: TestHierarchy | Promise<TestHierarchy>,
  reply: (leaf: LeafMaker, exchange: Exchange) => Promise<Reply>,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Replies> {
  const made = await hierarchy;
  return {
    DescribeCACertificate: () => describedCA(made, changes),
    CreateCustomCertificate: async (exchange) => {
      const { parameters } = exchange;
      const csr = new Pkcs10CertificateRequest(parameters.get('Csr') ?? '');
      const [notBefore = '', notAfter = ''] = (parameters.get('Validity') ?? '').split('/');
      const leaf: LeafMaker = async (leafChanges = {}) =>
        issue(leafChanges.by ?? made.issuing, {
          spki: leafChanges.spki ?? Buffer.from(csr.publicKey.rawData),
          subject: leafChanges.content?.subject ?? issuedContent.subject ?? [],
          content: { ...issuedContent, ...leafChanges.content },
          notBefore: leafChanges.notBefore ?? new Date(notBefore),
          notAfter: leafChanges.notAfter ?? new Date(notAfter),
        });
      return reply(leaf, exchange);
    },
  };
}

/** Makes the certificate that was asked for, but for the changes. */
export type LeafMaker = (changes?: {
  readonly by?: TestCA;
  readonly spki?: Buffer;
  readonly content?: TestContent;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}) => Promise<string>;

/** A root and a CA that are valid now. */
export async function hierarchy(): Promise<TestHierarchy> {
  return makeHierarchy('P-256', new Date(Date.now() - 86_400_000));
}

/** PCA's answer with this certificate. */
export function issued(certificate: string, chain: string): Reply {
  return {
    RequestId: '15C66C7B-671A-4297-9187-2C4477247A74',
    Identifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cc',
    Certificate: certificate,
    CertificateChain: chain,
  };
}

function bytesOf(reply: Reply): Buffer {
  const { code, status, date, ...more } = reply;
  const headers = { connection: 'close', ...(typeof date === 'string' ? { date } : {}) };
  if (typeof code !== 'string') return whole(200, JSON.stringify(reply), headers);
  const RequestId = '15C66C7B-671A-4297-9187-2C4477247A74';
  const refused = { RequestId, Code: code, Message: 'The words of PCA.', HostId: 'pca', ...more };
  return whole(typeof status === 'number' ? status : 400, JSON.stringify(refused), headers);
}
