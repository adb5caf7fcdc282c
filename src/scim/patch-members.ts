import type { JsonObject } from '../core/json.ts';
import type { Filter } from '../core/query.ts';
import { inTurns } from '../core/turn.ts';
import { ScimError } from './errors.ts';
import { type MemberInput, readMembers } from './member-input.ts';
import type { MembersOperation } from './patch-operations.ts';
import { countTerms, isSelected } from './patch-target.ts';

/** Comparisons that every member of the group may be put to: for 1,000 members some 15 ms. */
const MAX_TERMS = 100;

/**
 * What a PATCH does to a group's members, told without reading them. `filtered`: a filter other than by value is part of it,
 * so the members there are must be read and given to `apply`.
 */
export type MembersChange =
  | { kind: 'delta'; add: MemberInput[]; remove: string[] }
  | { kind: 'replace'; members: MemberInput[] }
  | { kind: 'filtered'; apply: (current: readonly MemberInput[]) => Promise<MemberInput[]> };

/** An operation with its members read; null: all that the filter selects, or all there are. */
interface Step {
  op: MembersOperation['op'];
  filter: Filter | null;
  members: MemberInput[] | null;
}

/** The ids that `value eq "a" or value eq "b"` selects; null for any other filter. */
function idsSelected(filter: Filter): string[] | null {
  if (filter.kind === 'or') {
    const ids = filter.terms.map(idsSelected);
    return ids.includes(null) ? null : ids.flatMap((each) => each ?? []);
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return null;
  return filter.ref.keys.join('.') === 'value' ? [filter.value] : null;
}

/** The ids that a removal names; null where only the members themselves can tell. */
function idsRemoved({ filter, members }: Step): string[] | null {
  return filter === null ? (members ?? []).map(({ value }) => value) : idsSelected(filter);
}

function selects(filter: Filter, { value, type, display }: MemberInput): boolean {
  const element: JsonObject = {
    value,
    ...(type === undefined ? {} : { type }),
    ...(display === undefined ? {} : { display }),
  };
  return isSelected(filter, element);
}

function isOfAll({ op, filter, members }: Step): boolean {
  return op === 'replace' || (op === 'remove' && filter === null && members === null);
}

async function applyTo(members: Map<string, MemberInput>, steps: readonly Step[]): Promise<MemberInput[]> {
  for (const step of steps) {
    if (isOfAll(step)) members.clear();
    const { op, filter } = step;
    const ids = op === 'remove' ? idsRemoved(step) : null;
    if (op !== 'remove') {
      for await (const part of inTurns(step.members ?? []))
        for (const member of part) members.set(member.value, member);
    } else if (ids !== null) for (const id of ids) members.delete(id);
    else if (filter !== null)
      for (const [id, member] of members) if (selects(filter, member)) members.delete(id);
  }
  return [...members.values()];
}

async function delta(steps: readonly Step[]): Promise<MembersChange> {
  const changes = new Map<string, MemberInput | null>();
  for (const step of steps) {
    if (step.op === 'add') {
      for await (const part of inTurns(step.members ?? []))
        for (const member of part) changes.set(member.value, member);
    } else for (const id of idsRemoved(step) ?? []) changes.set(id, null);
  }
  const add = [...changes.values()].filter((member) => member !== null);
  const remove = [...changes].flatMap(([id, member]) => (member === null ? [id] : []));
  return { kind: 'delta', add, remove };
}

function filtered(steps: readonly Step[]): MembersChange {
  const terms = steps.reduce((sum, { filter }) => sum + (filter === null ? 0 : countTerms(filter)), 0);
  if (terms > MAX_TERMS) {
    throw new ScimError(
      413,
      undefined,
      `The PATCH compares every member with more than ${MAX_TERMS} values. Name the members to remove by their ids.`,
    );
  }
  return {
    kind: 'filtered',
    apply: (current) => applyTo(new Map(current.map((member) => [member.value, member])), steps),
  };
}

/** The operations on members as one change; its cost is theirs, whatever the group's size. */
export async function membersChange(operations: readonly MembersOperation[]): Promise<MembersChange> {
  const steps: Step[] = [];
  for (const { op, filter, members } of operations) {
    steps.push({
      op,
      filter,
      members: members === null && op === 'remove' ? null : await readMembers(members),
    });
  }
  if (steps.some(isOfAll)) return { kind: 'replace', members: await applyTo(new Map(), steps) };
  if (steps.some((step) => step.op === 'remove' && idsRemoved(step) === null)) return filtered(steps);
  return delta(steps);
}
