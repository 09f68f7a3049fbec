// The one certificate warehouse, which every certificate of CreateWHClientCertificate goes to.
/** Its number and the instances behind it. */
export const warehouse = {
  id: 1,
  instanceId: 'sim-warehouse',
  privateCaInstanceId: 'sim-private-ca',
  regionId: 'cn-hangzhou',
} as const;
