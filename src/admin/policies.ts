import { z } from 'zod';
import { addressFault, foldAddress } from '../core/address.ts';
import type { JsonObject } from '../core/json.ts';
import type { LeaverAction, Policies } from '../core/policy.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { policiesInForce } from '../vendor-kit/policies.ts';
import type { Supports } from '../vendor-kit/vendor.ts';
import { readInput } from './vendor-input.ts';

const Leaver = z.enum(['suspend', 'remove', 'revoke', 'task']);
const Domain = z.string().regex(/^[^\s@]+\.[^\s@]+$/, 'give domains such as example.com');
const Address = z
  .string()
  .trim()
  .refine((address) => addressFault(address) === null, {
    error: ({ input }) => `it ${addressFault(String(input))}; give addresses such as ana@example.com`,
  })
  .overwrite(foldAddress);

const fields = {
  waitMs: z.int().min(0).max(30_000).describe('How long a push waits for its own outcome, in ms.'),
  unsupported: z
    .enum(['task', 'refuse'])
    .describe('What the vendor has no call for: a task, or 501 to the identity provider.'),
  deactivate: Leaver.describe('What a deactivated person’s account gets.'),
  delete: Leaver.describe('What a deleted person’s account gets.'),
  addressChange: z
    .enum(['task', 'replace', 'refuse'])
    .describe('A changed address: a task, a new account in place of the old one, or 400.'),
  adoption: z
    .enum(['adopt', 'unmanaged', 'refuse'])
    .describe('An account that was there before: taken over, only if no User has it, or 409.'),
  groups: z
    .enum(['mirror', 'rules', 'off'])
    .describe('SCIM Groups: copied to the vendor, used by rules only, or stored only.'),
  removeGroups: z.boolean().describe('Deleting a mirrored SCIM Group deletes the vendor’s group too.'),
  allowedDomains: z
    .array(z.string().toLowerCase().pipe(Domain))
    .describe('Nobody outside these e-mail domains is invited; empty: any.'),
  protectedAddresses: z
    .array(Address)
    .describe('Nobody under these addresses is ever suspended, removed or changed.'),
  leaverPercent: z
    .number()
    .min(0)
    .max(100)
    .describe('How many people may lose access within an hour: this share of the accounts …'),
  leaverCount: z.int().min(0).max(1_000_000).describe('… or this many, whichever is more.'),
  reconcileMinutes: z
    .int()
    .min(0)
    .max(10_080)
    .describe('Minutes between comparisons with the vendor’s list; 0: only on demand.'),
  drift: z
    .enum(['report', 'repair'])
    .describe('What a comparison does about differences: report them, or deliver again.'),
  repairCreations: z.int().min(0).max(1_000_000).describe('Accounts that one repair may create, at most.'),
  imports: z
    .enum(['observe', 'leave'])
    .describe('People at the vendor who are no User: made Users that can be found, or left alone.'),
} satisfies Record<keyof Policies, z.ZodType>;

/** What the operator may set of a connection's policies; what is not set comes from the vendor. */
export const PolicyOverrides = z.strictObject(fields).partial() as unknown as z.ZodType<JsonObject>;

export interface PolicyChange {
  /** To set. */
  set: JsonObject;
  /** To leave to the vendor's default again, by name. */
  reset: readonly string[];
}

export const NO_POLICY_CHANGE: PolicyChange = { set: {}, reset: [] };

/** What is wrong with a change itself, whatever the vendor; a sentence a fault. */
export function checkPolicyChange(change: PolicyChange): string[] {
  const unknown = change.reset.filter((name) => !(name in fields));
  return [
    ...unknown.map((name) => `There is no policy "${name}"; there are: ${Object.keys(fields).join(', ')}.`),
    ...readInput(PolicyOverrides, change.set, 'policy').faults,
  ];
}

/** The policies after a change that is right in itself, and what of them the vendor cannot do under these settings. */
export function changePolicies(
  vendor: AnyVendor,
  settings: JsonObject,
  current: Partial<Policies>,
  change: PolicyChange,
): { overrides: Partial<Policies>; policies: Policies; faults: string[] } {
  const kept = Object.entries(current).filter(([name]) => !change.reset.includes(name));
  const { value } = readInput(PolicyOverrides, change.set, 'policy');
  const overrides: Partial<Policies> = { ...Object.fromEntries(kept), ...value };
  const policies = policiesInForce(vendor, settings, overrides);
  return {
    overrides,
    policies,
    faults: unsupportedPolicies(vendor.title, vendor.supports(settings), policies),
  };
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
