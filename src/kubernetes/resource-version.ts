// Which of two resourceVersions of one collection is the older one: since Kubernetes 1.35 they are documented as integers of
// any length that clients may compare (KEP-5504), and every API server on etcd has kept to that.

const integer = /^[1-9][0-9]*$/;

/** Whether the first is older than the second; false where either is not a number, since nothing follows from it then. */
export function isOlder(one: string, other: string): boolean {
  if (!integer.test(one) || !integer.test(other)) return false;
  return one.length === other.length ? one < other : one.length < other.length;
}
