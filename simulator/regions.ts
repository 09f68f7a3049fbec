// Regions: by the host that a call names, as Alibaba Cloud's own hosts of PCA do. A CA of a region exists there alone.
import type { Service } from './actions/action.ts';

const ownHost = /^cas(?:-vpc)?\.(?:([a-z]{2}(?:-[a-z0-9]+)+)\.)?aliyuncs\.com(?::\d+)?$/;
const centralRegion = 'cn-hangzhou';

/** The service as the region of a host has it; all of it at hosts of no region, such as an address. */
export function serviceAt(host: string, service: Service): Service {
  const named = ownHost.exec(host);
  if (named === null) return service;
  const region = named[1] ?? centralRegion;
  const here = [...service.authorities].filter(([, authority]) => (authority.region ?? region) === region);
  return { ...service, authorities: new Map(here) };
}
