// Variables that look like settings of the executable and are none, so that a misspelt one is not taken and ignored.
import { environmentName, settings } from './options.ts';
import type { Environment } from './options.ts';

const prefix = environmentName('');
// What Kubernetes sets in pods for a Service whose name begins like the prefix.
const serviceLinks = ['_SERVICE_HOST_', '_SERVICE_PORT_', '_PORT_'];

/** Their names, sorted. */
export function unusedVariables(environment: Environment): readonly string[] {
  const known = new Set(Object.keys(settings).map(environmentName));
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.has(name) && !isServiceLink(name))
    .toSorted();
}

function isServiceLink(name: string): boolean {
  return serviceLinks.some((part) => `${name}_`.includes(part));
}
