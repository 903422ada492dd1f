/** The table of policies. */
import { freebsd } from './freebsd.ts';
import { globalOff } from './global-off.ts';
import { hansen2018 } from './hansen-2018.ts';
import { linus2018 } from './linus-2018.ts';
import { lutomirski2018 } from './lutomirski-2018.ts';
import { nopti } from './nopti.ts';
import type { Policy } from './policy.ts';
import { pti } from './pti.ts';

export type { OptOutRules, Policy } from './policy.ts';

export const POLICIES: readonly Policy[] = [nopti, pti, hansen2018, linus2018, lutomirski2018, freebsd, globalOff];

export const DEFAULT_POLICIES: readonly string[] = ['nopti', 'pti', 'optout'];

/** By id or alias. */
export function findPolicy(name: string): Policy | undefined {
  return POLICIES.find((policy) => policy.id === name || policy.aliases.includes(name));
}

/** Every name a user may give. */
export const policyNames = (): readonly string[] => POLICIES.flatMap((policy) => [policy.id, ...policy.aliases]);
