import type { JsonObject } from '../core/json.ts';
import type { Filter } from '../core/query.ts';
import type { MemberInput } from './member-input.ts';
import type { MembersOperation } from './patch-operations.ts';
import { isSelected } from './patch-target.ts';

/**
 * What a PATCH does to a group's members, told without reading them. `filtered`: a filter other than by value is part of it,
 * so the members there are must be read and given to `apply`.
 */
export type MembersChange =
  | { kind: 'delta'; add: MemberInput[]; remove: string[] }
  | { kind: 'replace'; members: MemberInput[] }
  | { kind: 'filtered'; apply: (current: readonly MemberInput[]) => MemberInput[] };

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
function idsRemoved({ filter, members }: MembersOperation): string[] | null {
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

function isOfAll(operation: MembersOperation): boolean {
  const { op, filter, members } = operation;
  return op === 'replace' || (op === 'remove' && filter === null && members === null);
}

function applyTo(members: Map<string, MemberInput>, operations: readonly MembersOperation[]): MemberInput[] {
  for (const operation of operations) {
    if (isOfAll(operation)) members.clear();
    if (operation.op !== 'remove') {
      for (const member of operation.members ?? []) members.set(member.value, member);
      continue;
    }
    const { filter } = operation;
    const ids = idsRemoved(operation);
    if (ids !== null) for (const id of ids) members.delete(id);
    else
      for (const [id, member] of members) if (filter !== null && selects(filter, member)) members.delete(id);
  }
  return [...members.values()];
}

function delta(operations: readonly MembersOperation[]): MembersChange {
  const changes = new Map<string, MemberInput | null>();
  for (const operation of operations) {
    if (operation.op === 'add')
      for (const member of operation.members ?? []) changes.set(member.value, member);
    else for (const id of idsRemoved(operation) ?? []) changes.set(id, null);
  }
  const add = [...changes.values()].filter((member) => member !== null);
  const remove = [...changes].flatMap(([id, member]) => (member === null ? [id] : []));
  return { kind: 'delta', add, remove };
}

/** The operations on members as one change; its cost is theirs, whatever the group's size. */
export function membersChange(operations: readonly MembersOperation[]): MembersChange {
  if (operations.some(isOfAll)) return { kind: 'replace', members: applyTo(new Map(), operations) };
  if (operations.some((operation) => operation.op === 'remove' && idsRemoved(operation) === null)) {
    return {
      kind: 'filtered',
      apply: (current) => applyTo(new Map(current.map((member) => [member.value, member])), operations),
    };
  }
  return delta(operations);
}
