/** What the API server checks of a field that holds PEM certificates to trust. */
export const certificatesRules = [
  {
    rule: "self.contains('-----BEGIN CERTIFICATE-----')",
    message: 'must hold at least one PEM certificate',
  },
  {
    rule: "!self.contains('PRIVATE KEY-----')",
    message: 'holds a private key; only certificates belong here',
  },
] as const;
