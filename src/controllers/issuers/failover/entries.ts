// The entries of an issuer: its own CA, then those of spec.failover, each as the issuer that it would be alone.
import type { Issuer, IssuerSpec } from '../../../crds/issuer.ts';

/** One of them. */
export interface IssuerEntry {
  /** Its index in spec.failover; undefined for the issuer's own CA. */
  readonly index: number | undefined;
  /** Where the issuer names it. */
  readonly path: string;
  /** `CA "x" in cn-hangzhou`: how messages name it. */
  readonly name: string;
  /** What tells it from the other entries. */
  readonly place: string;
  readonly issuer: Issuer;
}

/** The entries in their order, the issuer's own CA first; one that is named twice counts once. */
export function entriesOf(issuer: Issuer): readonly [IssuerEntry, ...IssuerEntry[]] {
  const own = entryOf(issuer, undefined);
  const further = (issuer.spec.failover ?? []).map((fields, index) =>
    entryOf({ ...issuer, spec: specOf(issuer.spec, fields) }, index),
  );
  const all = [own, ...further];
  return [own, ...further.filter((entry, index) => all.findIndex(({ place }) => place === entry.place) === index + 1)];
}

/** What tells the place of a CA from others: the address that is called counts, since it may keep certificates of its own. */
export function placeOf(place: {
  readonly parentIdentifier: string;
  readonly region: string;
  readonly host: string | undefined;
}): string {
  return JSON.stringify([place.parentIdentifier, place.region, place.host?.toLowerCase()]);
}

function entryOf(issuer: Issuer, index: number | undefined): IssuerEntry {
  const { parentIdentifier, region, endpoint } = issuer.spec;
  return {
    index,
    path: index === undefined ? 'spec.parentIdentifier' : `spec.failover[${index}]`,
    name: `CA "${parentIdentifier}" in ${region}`,
    place: placeOf({ parentIdentifier, region, host: endpoint.host }),
    issuer,
  };
}

/** Another region has addresses of its own. */
function specOf(spec: IssuerSpec, fields: NonNullable<IssuerSpec['failover']>[number]): IssuerSpec {
  const { parentIdentifier, region, endpoint, stsEndpoint } = fields;
  const { stsEndpoint: ownSts, ...rest } = spec;
  const sts = stsEndpoint ?? (region === undefined ? ownSts : undefined);
  return {
    ...rest,
    parentIdentifier,
    region: region ?? spec.region,
    endpoint: endpoint ?? (region === undefined ? spec.endpoint : { protocol: 'HTTPS' }),
    ...(sts === undefined ? {} : { stsEndpoint: sts }),
  };
}
