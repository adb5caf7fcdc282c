import { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { LeaverAction, Policies } from '../core/policy.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { policiesInForce } from '../vendor-kit/policies.ts';
import type { Supports } from '../vendor-kit/vendor.ts';
import { readInput } from './vendor-input.ts';

const Leaver = z.enum(['suspend', 'remove', 'revoke', 'task']);
const Domain = z.string().regex(/^[^\s@]+\.[^\s@]+$/, 'Give domains such as example.com');

/** What the operator may set of a connection's policies; everything else comes from the vendor. */
export const PolicyOverrides = z.strictObject({
  waitMs: z.int().min(0).max(30_000).optional().describe('How long a push waits for its own outcome, in ms.'),
  unsupported: z
    .enum(['task', 'refuse'])
    .optional()
    .describe('What the vendor has no call for: a task, or 501 to the identity provider.'),
  deactivate: Leaver.optional().describe('What a deactivated person’s account gets.'),
  delete: Leaver.optional().describe('What a deleted person’s account gets.'),
  addressChange: z
    .enum(['task', 'replace', 'refuse'])
    .optional()
    .describe('A changed address: a task, a new account in place of the old one, or 400.'),
  adoption: z
    .enum(['adopt', 'unmanaged', 'refuse'])
    .optional()
    .describe('An account that was there before: taken over, only if no User has it, or 409.'),
  groups: z
    .enum(['mirror', 'rules', 'off'])
    .optional()
    .describe('SCIM Groups: copied to the vendor, used by rules only, or stored only.'),
  removeGroups: z
    .boolean()
    .optional()
    .describe('Deleting a mirrored SCIM Group deletes the vendor’s group too.'),
  allowedDomains: z
    .array(z.string().toLowerCase().pipe(Domain))
    .optional()
    .describe('Nobody outside these e-mail domains is invited; empty: any.'),
});

export interface PolicyChange {
  /** To set. */
  set: JsonObject;
  /** To leave to the vendor's default again, by name. */
  reset: readonly string[];
}

export const NO_POLICY_CHANGE: PolicyChange = { set: {}, reset: [] };

/** The policies after a change, checked against what the vendor can do under these settings. */
export function changePolicies(
  vendor: AnyVendor,
  settings: JsonObject,
  current: Partial<Policies>,
  change: PolicyChange,
): { overrides: Partial<Policies>; policies: Policies; faults: string[] } {
  const kept = Object.entries(current).filter(([name]) => !change.reset.includes(name));
  const read = readInput(PolicyOverrides as z.ZodType<JsonObject>, change.set, 'policy');
  const unknown = change.reset.filter((name) => !(name in PolicyOverrides.shape));
  const overrides = { ...Object.fromEntries(kept), ...read.value } as Partial<Policies>;
  const policies = policiesInForce(vendor, settings, overrides);
  const faults = [
    ...unknown.map((name) => `There is no policy "${name}".`),
    ...read.faults,
    ...unsupportedPolicies(vendor.title, vendor.supports(settings), policies),
  ];
  return { overrides, policies, faults };
}

function unsupportedPolicies(title: string, supports: Supports, policies: Policies): string[] {
  const faults: string[] = [];
  const possible: LeaverAction[] = [
    ...(['suspend', 'remove', 'revoke'] as const).filter((action) => supports[action]),
    'task',
  ];
  for (const name of ['deactivate', 'delete'] as const) {
    if (possible.includes(policies[name])) continue;
    faults.push(
      `${title} cannot ${policies[name]} an account under these settings; the policy ${name} can be: ${possible.join(', ')}.`,
    );
  }
  if (policies.addressChange === 'replace' && !supports.remove) {
    faults.push(
      `${title} cannot remove an account under these settings; the policy addressChange can be: task, refuse.`,
    );
  }
  if (policies.groups === 'mirror' && supports.groups === null) {
    faults.push(`${title} has no groups that can be mirrored; the policy groups can be: rules, off.`);
  }
  if (policies.removeGroups && supports.groups?.remove !== true) {
    faults.push(`${title} has no call to delete a group; the policy removeGroups can be: false.`);
  }
  return faults;
}
