import type { JsonObject } from '../core/json.ts';
import { assign, unassign } from './assignment.ts';
import { valueAt } from './document.ts';
import { ScimError } from './errors.ts';
import { type MembersChange, membersChange } from './patch-members.ts';
import type { Operation } from './patch-operations.ts';
import { countTerms } from './patch-target.ts';
import type { AttributeOperation } from './patch-values.ts';
import type { ResourceSchema } from './schema.ts';

export type { MembersChange } from './patch-members.ts';
export { type Operation, parsePatch } from './patch-operations.ts';

/** Elements looked at, times comparisons, in one request: some 40 ms in which no other request has its turn. */
const MAX_WORK = 100_000;

function workOf(document: JsonObject, { target }: AttributeOperation): number {
  const current = valueAt(document, target.extension, target.attribute.name);
  const terms = target.filter === null ? 1 : countTerms(target.filter);
  return Array.isArray(current) ? current.length * terms : 1;
}

function requireRequired(schema: ResourceSchema, document: JsonObject): void {
  const missing = schema.attributes.find(({ name, required, mutability }) => {
    const value = document[name];
    return required && mutability !== 'readOnly' && (typeof value !== 'string' || value.trim() === '');
  });
  if (missing === undefined) return;
  throw new ScimError(
    400,
    'mutability',
    `The attribute ${missing.name} is required and cannot be removed. Send a new value instead.`,
  );
}

/** The document after all operations, or an error and no change (RFC 7644 §3.5.2); the given one is never touched. */
export function applyPatch(
  schema: ResourceSchema,
  document: JsonObject,
  operations: readonly Operation[],
): JsonObject {
  let result = document;
  let work = 0;
  for (const operation of operations) {
    if (operation.kind === 'members') continue;
    work += workOf(result, operation);
    if (work > MAX_WORK) {
      throw new ScimError(
        413,
        undefined,
        'The PATCH works on too many values at once. Split it into smaller ones.',
      );
    }
    result =
      operation.kind === 'assign'
        ? assign(result, operation.target, operation.op, operation.value)
        : unassign(result, operation.target, operation.values);
  }
  requireRequired(schema, result);
  return result;
}

/** A group's PATCH in two parts: its own attributes, and its members, which are never part of its document. */
export async function groupPatch(
  schema: ResourceSchema,
  operations: readonly Operation[],
): Promise<{ change: (document: JsonObject) => JsonObject; members: MembersChange }> {
  return {
    change: (document) => applyPatch(schema, document, operations),
    members: await membersChange(operations.filter((operation) => operation.kind === 'members')),
  };
}
