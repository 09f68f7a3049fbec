// The control plane itself: what the other integration tests build on must hold before they mean anything.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isAlive } from '../../control-plane/driver/build-lock.ts';
import { ControlPlane, everyRequest } from '../../control-plane/driver/control-plane.ts';
import type { Component } from '../../control-plane/driver/control-plane.ts';
import { waitUntil } from '../../control-plane/driver/wait.ts';
import { madeRequests, requestsOfAuditLog } from '../support/seen-requests.ts';
import { hangLimitFlag, until } from '../support/wait.ts';

const brokenRequest = JSON.stringify({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  metadata: { name: 'broken' },
  spec: { request: Buffer.from('no request').toString('base64'), issuerRef: { name: 'any' } },
});

function selfSigned(namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Issuer',
        metadata: { name: 'self', namespace },
        spec: { selfSigned: {} },
      },
      {
        apiVersion: 'cert-manager.io/v1',
        kind: 'Certificate',
        metadata: { name: 'web', namespace },
        spec: { secretName: 'web-tls', dnsNames: ['web.example.com'], issuerRef: { name: 'self' } },
      },
    ],
  });
}

function pidsOf(controlPlane: ControlPlane): readonly number[] {
  return [...controlPlane.components.values()].map((component) => component.pid);
}

async function answers(controlPlane: ControlPlane): Promise<boolean> {
  // Long enough for a server that is busy, since the silence of one that is paused is waited for in full.
  const { code } = await controlPlane.kubectl(['get', 'namespaces', '--request-timeout=5s'], { allowFailure: true });
  return code === 0;
}

let controlPlane: ControlPlane;
let apiServer: Component;

beforeAll(async () => {
  controlPlane = await ControlPlane.start({ auditLog: [madeRequests, everyRequest] });
  apiServer = controlPlane.component('kube-apiserver');
});

afterAll(async () => {
  await controlPlane.stop();
});

describe('a control plane with cert-manager', () => {
  test('issues a self-signed certificate', async () => {
    const namespace = await controlPlane.createNamespace('issue');
    await controlPlane.kubectl(['apply', '-f', '-'], { input: selfSigned(namespace) });
    await controlPlane.kubectl(['wait', '-n', namespace, '--for=condition=Ready', hangLimitFlag, 'certificate/web']);
    const { stdout } = await controlPlane.kubectl(['get', '-n', namespace, 'secret/web-tls', '-o=jsonpath={.type}']);
    expect(stdout).toBe('kubernetes.io/tls');
  });

  test('states the version that kubectl and Helm compare with', async () => {
    const { stdout } = await controlPlane.kubectl(['version', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ serverVersion: { gitVersion: 'v1.36.3', major: '1', minor: '36' } });
  });

  test('lets the webhook refuse a broken request, except in a spared namespace', async () => {
    const normal = await controlPlane.createNamespace('normal');
    const spared = await controlPlane.createNamespace('spared', { spareWebhook: true });
    const create = async (namespace: string) =>
      controlPlane.kubectl(['create', '-n', namespace, '-f', '-'], { input: brokenRequest, allowFailure: true });
    const refused = await create(normal);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('admission webhook "webhook.cert-manager.io" denied the request');
    expect((await create(spared)).code).toBe(0);
  });

  test('lets cert-manager approve for its own issuers only', async () => {
    const review = async (name: string): Promise<string> => {
      const input = JSON.stringify({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'system:serviceaccount:cert-manager:cert-manager',
          resourceAttributes: { group: 'cert-manager.io', resource: 'signers', verb: 'approve', name },
        },
      });
      const { stdout } = await controlPlane.kubectl(['create', '-f', '-', '-o=jsonpath={.status.allowed}'], { input });
      return stdout;
    };
    expect(await review('issuers.cert-manager.io/*')).toBe('true');
    expect(await review('alibabapcaissuers.pca.alibabacloud.com/*')).not.toBe('true');
  });

  test('gives a service account no more than its own rights', async () => {
    const namespace = await controlPlane.createNamespace('account');
    const kubeconfig = await controlPlane.kubeconfigForServiceAccount(namespace, 'default');
    const who = await controlPlane.kubectl(['auth', 'whoami', '-o=jsonpath={.status.userInfo.username}'], {
      kubeconfig,
    });
    expect(who.stdout).toBe(`system:serviceaccount:${namespace}:default`);
    const secrets = await controlPlane.kubectl(['get', 'secrets', '-n', namespace], { kubeconfig, allowFailure: true });
    expect(secrets.stderr).toContain('Forbidden');
  });

  test('writes the audit log', async () => {
    expect(await readFile(controlPlane.auditLogFile ?? '', 'utf8')).toContain('"requestURI":"/api/v1/namespaces');
  });

  test('tells of requests that are gone by the time that somebody looks, however they were made', async () => {
    const namespace = await controlPlane.createNamespace('gone', { spareWebhook: true });
    const make = async (name: string, ...verb: readonly string[]): Promise<string> => {
      const input = brokenRequest.replace('"broken"', `"${name}"`);
      const made = await controlPlane.kubectl([...verb, '-n', namespace, '-f', '-', '-o=jsonpath={.metadata.uid}'], {
        input,
      });
      await controlPlane.kubectl(['delete', '-n', namespace, `certificaterequest/${name}`]);
      return made.stdout;
    };
    const uids = [await make('created', 'create'), await make('applied', 'apply', '--server-side')];
    await until('the audit log', async () => {
      const told = requestsOfAuditLog(await readFile(controlPlane.auditLogFile ?? '', 'utf8'));
      const ours = told.filter((request) => request.namespace === namespace);
      expect(ours.map(({ uid, name }) => [uid, name])).toEqual([
        [uids[0], 'created'],
        [uids[1], 'applied'],
      ]);
      return true;
    });
  });
});

describe('faults', () => {
  test('a killed API server comes back with its objects', async () => {
    const namespace = await controlPlane.createNamespace('kept');
    const before = apiServer.pid;
    await apiServer.kill();
    expect(isAlive(before)).toBe(false);
    expect(await answers(controlPlane)).toBe(false);
    await apiServer.start();
    expect(apiServer.pid).not.toBe(before);
    const { stdout } = await controlPlane.kubectl(['get', 'namespace', namespace, '-o', 'name']);
    expect(stdout.trim()).toBe(`namespace/${namespace}`);
  });

  test('a paused API server keeps silent until it is resumed', async () => {
    apiServer.pause();
    expect(await answers(controlPlane)).toBe(false);
    apiServer.resume();
    await waitUntil(
      async () => answers(controlPlane),
      () => 'The API server did not answer again',
    );
  });

  test('cert-manager and its webhook serve again after a restart', async () => {
    await Promise.all([
      controlPlane.component('cert-manager').restart(),
      controlPlane.component('cert-manager-webhook').restart(),
    ]);
    const namespace = await controlPlane.createNamespace('again');
    await controlPlane.kubectl(['apply', '-f', '-'], { input: selfSigned(namespace) });
    await controlPlane.kubectl(['wait', '-n', namespace, '--for=condition=Ready', hangLimitFlag, 'certificate/web']);
  });

  test('etcd keeps its data when it is killed', async () => {
    const namespace = await controlPlane.createNamespace('etcd');
    const etcd = controlPlane.component('etcd');
    await etcd.kill();
    await etcd.start();
    await waitUntil(
      async () => answers(controlPlane),
      () => 'The API server did not answer again',
    );
    await controlPlane.kubectl(['get', 'namespace', namespace]);
  });

  test('compaction expires old versions for a restarted API server', async () => {
    const namespace = await controlPlane.createNamespace('compact');
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const list = await controlPlane.kubectl(['get', '--raw', path]);
    const { metadata } = JSON.parse(list.stdout) as { metadata: { resourceVersion: string } };
    await controlPlane.kubectl(['create', 'configmap', 'later', '-n', namespace]);
    await controlPlane.compact();
    await controlPlane.compact();
    await apiServer.kill();
    await apiServer.start();
    const exact = `${path}?resourceVersionMatch=Exact&resourceVersion=${metadata.resourceVersion}`;
    const { stderr } = await controlPlane.kubectl(['get', '--raw', exact], { allowFailure: true });
    expect(stderr).toContain('resourceVersion for the provided list is too old');
  });
});

describe('several control planes', () => {
  test('run side by side and leave nothing behind', async () => {
    const other = await ControlPlane.start({ certManager: false });
    const pids = pidsOf(other);
    const namespace = await other.createNamespace('other');
    const seen = await controlPlane.kubectl(['get', 'namespace', namespace], { allowFailure: true });
    expect(seen.stderr).toContain('NotFound');
    expect(pids.every(isAlive)).toBe(true);
    expect(() => other.component('cert-manager')).toThrow('This control plane has no cert-manager.');

    other.component('etcd').pause();
    await other.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(other.directory)).toBe(false);
    expect(pidsOf(controlPlane).every(isAlive)).toBe(true);
  });
});
