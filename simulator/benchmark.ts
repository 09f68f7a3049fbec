// Measures the simulator alone: P-256 certificates a second, first by signing only, then over HTTP with verified signatures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createCustomCertificate } from './actions/create-custom-certificate.ts';
import { FaultState } from './faults.ts';
import { createIdentityStore } from './identity/identity-store.ts';
import { createAuthorities } from './issuing/authority.ts';
import { defaultAuthorities } from './issuing/default-authorities.ts';
import { createInstances } from './issuing/instances.ts';
import { createLedger } from './issuing/ledger.ts';
import { canonicalRequest, signText } from './protocol/signature.ts';
import { bitString, contextual, sequence, unsignedInteger } from './x509/der-writer.ts';
import { signatureAlgorithm } from './x509/certificate.ts';
import { attributeType, encodeName } from './x509/names.ts';
import { toPem } from './x509/pem.ts';

const count = Number(process.argv[2] ?? 5_000);
const connections = 16;
const parameters = {
  ParentIdentifier: 'sim-sub-ecc-p256',
  Csr: signingRequest(),
  Validity: '90d',
  Immediately: '2',
  'ApiPassthrough.Extensions.KeyUsage.DigitalSignature': 'true',
  'ApiPassthrough.Extensions.ExtendedKeyUsages.1': 'serverAuth',
  'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Type': 'dNSName',
  'ApiPassthrough.Extensions.SubjectAlternativeNames.1.Value': 'svc.example.com',
};

await measureSigning();
await measureService();

async function measureSigning(): Promise<void> {
  const now = () => new Date();
  const service = {
    authorities: await createAuthorities(defaultAuthorities, now()),
    instances: createInstances([]),
    ledger: createLedger(),
    faults: new FaultState(Math.random),
    identity: createIdentityStore(),
    now,
  };
  const caller = { accessKeyId: 'benchmark', accessKeySecret: '' };
  const run = (times: number): void => {
    for (let index = 0; index < times; index += 1) {
      const given = new Map(
        Object.entries({ ...parameters, customIdentifier: `signing-${service.ledger.all().length}` }),
      );
      const outcome = createCustomCertificate.run(given, service, caller);
      if (outcome.kind !== 'answered') throw new Error('the simulator refused the benchmark');
    }
  };
  run(200);
  const started = performance.now();
  run(count);
  report('CSR verified, certificate signed (one core)', started);
}

async function measureService(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    let json = line.toString();
    while (!json.endsWith('\n')) json += ((await once(child.stdout, 'data')) as [Buffer])[0].toString();
    const { endpoint, accessKey } = JSON.parse(json) as { endpoint: string; accessKey: AccessKey };
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    await callMany(200, (index) => call({ endpoint, accessKey, agent }, `warm-${index}`));
    const started = performance.now();
    await callMany(count, (index) => call({ endpoint, accessKey, agent }, `call-${index}`));
    report(`whole calls over HTTP, ${connections} connections, client on the second core`, started);
    agent.destroy();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

async function callMany(times: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < times; index = next++) await one(index);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

async function call(
  target: { readonly endpoint: string; readonly accessKey: AccessKey; readonly agent: Agent },
  customIdentifier: string,
): Promise<void> {
  const body = new URLSearchParams({ ...parameters, customIdentifier }).toString();
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    host: target.endpoint,
    'x-acs-action': 'CreateCustomCertificate',
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': new Date().toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': randomBytes(16).toString('hex'),
    'x-acs-version': '2020-06-30',
  };
  const names = Object.keys(headers);
  const canonical = canonicalRequest(
    { method: 'POST', path: '/', query: new URLSearchParams(), headers },
    names,
    bodyHash,
  );
  const { accessKeyId, accessKeySecret } = target.accessKey;
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signText(canonical, accessKeySecret)}`;
  const [host, port] = target.endpoint.split(':');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request({ host, port, method: 'POST', agent: target.agent, headers: { ...headers, authorization } }, (response) => {
    response.resume();
    response.on('end', () =>
      response.statusCode === 200 ? resolve() : reject(new Error(`HTTP status ${response.statusCode}`)),
    );
  })
    .on('error', reject)
    .end(body);
  return promise;
}

function report(what: string, started: number): void {
  const seconds = (performance.now() - started) / 1_000;
  console.log(`${what}: ${count} in ${seconds.toFixed(2)} s = ${Math.round(count / seconds)} certificates/s`);
}

function signingRequest(): string {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const information = sequence(
    unsignedInteger(Buffer.of(0)),
    encodeName([{ type: attributeType.commonName, value: 'svc.example.com' }]),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    contextual(0, 'constructed'),
  );
  return toPem('CERTIFICATE REQUEST', signed(information, keys.privateKey));
}

function signed(information: Buffer, key: KeyObject): Buffer {
  return sequence(information, signatureAlgorithm('ECC', 'sha256'), bitString(sign('sha256', information, key)));
}
