import type { VendorAccount } from '../../core/account.ts';
import { foldAddress } from '../../core/address.ts';
import type { Changes, FieldTable, FieldValues } from '../../core/field.ts';
import type { LeaverAction, Policies } from '../../core/policy.ts';
import type { TaskWish } from '../../core/task.ts';
import type { Supports } from '../../vendor-kit/vendor.ts';
import { type FieldChange, findDifferences, hasChanges } from './differences.ts';
import type { Wanted } from './wanted.ts';

/** One thing to do, in order. `task` and `refuse` make no call. */
export type Step =
  | { step: 'create'; address: string; fields: FieldValues }
  | { step: 'update'; changes: Changes; shown: FieldChange[] }
  | { step: 'suspend' | 'reactivate' | 'remove' | 'revoke' | 'withdraw' }
  | { step: 'task'; task: TaskWish }
  /** Nothing can be done before the invitation is accepted: looked at again at list pace. */
  | { step: 'await-acceptance'; reason: string }
  /** Causeway refuses on the vendor's behalf; the identity provider is told. */
  | { step: 'refuse'; reason: string };

export interface PlanInput {
  wanted: Wanted;
  /** What is at the vendor. */
  actual: VendorAccount | 'absent';
  /** Causeway made the account: nobody else has had a say in what only an update can give it. */
  created?: boolean;
  /** Groups that the User is in have no vendor id yet: no mirrored membership is taken back. */
  keeps?: boolean;
  written: FieldValues;
  vendor: { title: string; fields: FieldTable };
  supports: Supports;
  policies: Policies;
}

/** An address that the operator protects, under any name of the account, is as untouchable as the vendor's own owners. */
export function protect(
  actual: VendorAccount,
  policies: Pick<Policies, 'protectedAddresses'>,
): VendorAccount {
  const names = [actual.address, ...(actual.aliases ?? [])].map(foldAddress);
  const own = policies.protectedAddresses.some((address) => names.includes(foldAddress(address)));
  return own && actual.protected === undefined ? { ...actual, protected: 'a protected address' } : actual;
}

/** The steps from what is to what is wanted; none: nothing to do. Pure: also the dry run and the drift report. */
export function plan(input: PlanInput): Step[] {
  const { actual } = input;
  if (input.wanted.presence === 'active') {
    return actual === 'absent' ? planCreate(input) : planActive(input, actual);
  }
  return actual === 'absent' ? [] : planLeaving(input, actual);
}

function planCreate({ wanted, vendor, written, supports }: PlanInput): Step[] {
  const address = wanted.address ?? '';
  const fields: FieldValues = {};
  for (const field of vendor.fields) {
    const value = wanted.fields[field.name]?.value;
    if (field.set !== 'update' && value !== undefined) fields[field.name] = value;
  }
  const steps: Step[] = [{ step: 'create', address, fields }];
  const later = findDifferences({
    wanted,
    fields: vendor.fields,
    actual: fields,
    written,
    created: true,
    updatable: supports.update,
    vendorTitle: vendor.title,
    address,
  });
  if (hasChanges(later.changes)) steps.push({ step: 'update', changes: later.changes, shown: later.shown });
  return [...steps, ...later.tasks.map((task): Step => ({ step: 'task', task }))];
}

function planActive(input: PlanInput, actual: VendorAccount): Step[] {
  const { wanted, vendor, supports } = input;
  const steps: Step[] = [];
  if (actual.presence === 'suspended') {
    if (actual.protected !== undefined || !supports.suspend) {
      steps.push(humanStep(input, actual, 'reactivate', `Reactivate ${actual.address} in ${vendor.title}.`));
    } else {
      steps.push({ step: 'reactivate' });
    }
  }
  const differences = findDifferences({
    wanted,
    fields: vendor.fields,
    actual: actual.fields,
    written: input.written,
    created: input.created === true,
    keeps: input.keeps === true,
    updatable: actual.protected === undefined ? supports.update : [],
    vendorTitle: vendor.title,
    address: actual.address,
  });
  if (hasChanges(differences.changes)) {
    steps.push(
      actual.presence === 'pending'
        ? {
            step: 'await-acceptance',
            reason: `${actual.address} has not accepted the invitation of ${vendor.title} yet; the rest follows then.`,
          }
        : { step: 'update', changes: differences.changes, shown: differences.shown },
    );
  }
  return [...steps, ...differences.tasks.map((task): Step => ({ step: 'task', task }))];
}

function planLeaving(input: PlanInput, actual: VendorAccount): Step[] {
  const { vendor, policies, supports, wanted } = input;
  const action = wanted.presence === 'absent' ? policies.delete : policies.deactivate;
  if (action === 'suspend' && actual.presence === 'suspended') return [];
  const pending = actual.presence === 'pending' && actual.protected === undefined;
  if (action !== 'task' && pending) return planPending(input, actual);
  if (actual.protected !== undefined) {
    const title = `Take ${actual.address} out of ${vendor.title} by hand: Causeway never removes ${actual.protected}.`;
    const reason = `${actual.address} is ${actual.protected} at ${vendor.title}; make somebody else that first, or remove the account there.`;
    return [
      { step: 'task', task: { kind: 'deactivate', title, wanted: action } },
      { step: 'refuse', reason },
    ];
  }
  return leaverSteps(action, input, actual, supports);
}

/** A pending invitation could still be accepted: it is taken back, or watched until somebody does so by hand. */
function planPending(input: PlanInput, actual: VendorAccount): Step[] {
  if (input.supports.withdraw && actual.withdrawable === true) return [{ step: 'withdraw' }];
  const title = `Withdraw the invitation of ${actual.address} in ${input.vendor.title} by hand: its API has no call for it. If it is accepted, the access is taken away at once.`;
  return [humanStep(input, actual, 'watch', title)];
}

function leaverSteps(
  action: LeaverAction,
  input: PlanInput,
  actual: VendorAccount,
  supports: Supports,
): Step[] {
  const title = `Remove ${actual.address} from ${input.vendor.title} by hand: its API has no call for it.`;
  const task = humanStep(input, actual, 'deactivate', title);
  switch (action) {
    case 'suspend':
      return supports.suspend ? [{ step: 'suspend' }] : [task];
    case 'remove':
      return supports.remove ? [{ step: 'remove' }] : [task];
    case 'revoke':
      return supports.revoke && !isRevoked(input, actual) ? [{ step: 'revoke' }, task] : [task];
    case 'task':
      return [task];
  }
}

/** Nothing is left that could be taken away: every list that Causeway can change is empty. */
function isRevoked({ vendor, supports }: PlanInput, actual: VendorAccount): boolean {
  const lists = vendor.fields.filter(
    (field) => field.type === 'list' && supports.update.includes(field.name),
  );
  return lists.every((field) => {
    const value = actual.fields[field.name];
    return Array.isArray(value) && value.length === 0;
  });
}

function humanStep(input: PlanInput, actual: VendorAccount, kind: string, title: string): Step {
  return { step: 'task', task: { kind, title, wanted: { address: actual.address, why: input.wanted.why } } };
}

/** What an account differs in from the values of a create, by the plan's own comparison. */
export function createDifferences(
  vendor: PlanInput['vendor'],
  sent: FieldValues,
  actual: FieldValues,
): Changes {
  const told = Object.entries(sent).filter(([name]) => actual[name] !== undefined);
  const fields = Object.fromEntries(told.map(([name, value]) => [name, { value, from: 'idp' as const }]));
  const updatable = vendor.fields.map(({ name }) => name);
  const wanted = { presence: 'active' as const, why: 'active' as const, address: null, fields };
  const about = { vendorTitle: vendor.title, address: '', written: {}, updatable };
  return findDifferences({ wanted, fields: vendor.fields, actual, ...about }).changes;
}
