// Which of an operation's fixed profiles of usages fits a request.
import type { UsageProfile } from './operation.ts';
import type { Usages } from './x509/usages.ts';

/**
 * The first profile with exactly these usages, or, where wider ones are allowed, the first that holds them all.
 * undefined when none fits or the issuer's settings demand another.
 */
export function profileFor(
  usages: Usages,
  profiles: readonly UsageProfile[],
  settings: { readonly requiredProfile: UsageProfile['name'] | undefined; readonly allowWiderUsages: boolean },
): UsageProfile | undefined {
  const offered = profiles.filter(({ name }) => name === (settings.requiredProfile ?? name));
  const exact = offered.find((profile) => covers(profile.usages, usages) && covers(usages, profile.usages));
  return exact ?? (settings.allowWiderUsages ? offered.find((profile) => covers(profile.usages, usages)) : undefined);
}

function covers(wide: Usages, narrow: Usages): boolean {
  return (
    narrow.keyUsages.every((usage) => wide.keyUsages.includes(usage)) &&
    narrow.extendedKeyUsages.every((usage) => wide.extendedKeyUsages.includes(usage))
  );
}
