// Every documented parameter is derived, a setting, or left out for a reason that the docs give. The simulator's tables were
// written from Alibaba's documents apart from the operations, so they tell what is documented.
import { expect, test } from 'vitest';

import { findAction } from '../../../../simulator/actions/index.ts';
import type { IssuingOperation } from '../../../../src/issuing/operation.ts';
import { externalCACertificate } from '../../../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';

const operations: readonly IssuingOperation[] = [...Object.values(issuingOperations), externalCACertificate];

/** `A, B` and `Prefix.N.Key, .Value` name several parameters. */
function namesIn(origin: string): readonly string[] {
  const [first = '', ...more] = origin.split(', ');
  return [first, ...more.map((name) => (name.startsWith('.') ? first.replace(/\.[^.]*$/, name) : name))];
}

function documented({ action, version }: IssuingOperation): readonly string[] {
  const found = findAction(action, version);
  if (found === undefined || found === 'WrongVersion') throw new Error(`the simulator has no ${action}`);
  return found.parameters.map(({ name }) => name);
}

test.each(operations.map((operation) => [operation.action, operation] as const))(
  'the reference says where each parameter of %s comes from',
  (_, operation) => {
    const explained = Object.keys(operation.parameterOrigins).flatMap(namesIn);
    const unexplained = documented(operation).filter(
      (name) => !explained.some((known) => `${name}.`.startsWith(`${known}.`) || known.startsWith(`${name}.`)),
    );
    expect(unexplained).toEqual([]);
  },
);
