import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Filter } from '../core/query.ts';
import { entriesOf } from './document.ts';
import { ScimError } from './errors.ts';
import { parsePath } from './filter.ts';
import type { Target } from './patch-target.ts';
import { type AttributeOperation, assignments, removal } from './patch-values.ts';
import { printPath, type ResolvedPath, type ResourceSchema } from './schema.ts';
import { invalidValue, isUnassigned, memberNamed } from './values.ts';

const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** The most operations in one request. Beyond it the answer is 413, as RFC 7644 §3.7.4 has it for Bulk. */
const MAX_PATCH_OPERATIONS = 1000;

/** Of all paths together; what a filter costs to read grows with its length. */
const MAX_PATH_CHARACTERS = 200_000;

/** `members` are as they came; null: all that the filter selects, or all there are. */
export interface MembersOperation {
  kind: 'members';
  op: 'add' | 'replace' | 'remove';
  filter: Filter | null;
  members: Json;
}

/** One canonical step: names and types are the schema's, nothing of the identity provider's dialect is left. */
export type Operation = AttributeOperation | MembersOperation;

type Op = Operation['op'];

interface Context {
  schema: ResourceSchema;
  resourceId: string;
  op: Op;
}

function mutability(where: string): ScimError {
  return new ScimError(
    400,
    'mutability',
    `The attribute ${where} is read-only: take it out of what the identity provider sends.`,
  );
}

/**
 * Whether the operation has nothing to do here. Okta sends the unchanged `id`, authentik the whole group with its `meta`:
 * without a path read-only attributes are skipped, with one they are refused. The password is dropped.
 */
function isSkipped(
  context: Context,
  path: ResolvedPath,
  value: Json | undefined,
  explicit: boolean,
): boolean {
  const { attribute, sub } = path;
  if (attribute === null) return false;
  if (attribute.name === 'schemas' || attribute.mutability === 'writeOnly') return true;
  if (path.extension === null && attribute.name === 'id' && !isUnassigned(value)) {
    if (context.op !== 'remove' && value === context.resourceId) return true;
    throw mutability('id');
  }
  if (attribute.mutability !== 'readOnly' && sub?.mutability !== 'readOnly') return false;
  if (explicit) throw mutability(printPath(path));
  return true;
}

function membersOperation(
  op: Op,
  path: ResolvedPath,
  filter: Filter | null,
  value: Json | undefined,
): Operation[] {
  if (path.sub !== null) throw mutability(printPath(path));
  if (op === 'remove') {
    const all = !Array.isArray(value) && isUnassigned(value);
    return [{ kind: 'members', op, filter, members: all ? null : (value ?? null) }];
  }
  if (filter !== null) throw mutability('members');
  if (value === undefined) throw invalidValue('members', 'is to be changed without a value');
  return [{ kind: 'members', op, filter, members: value ?? [] }];
}

function operationsAt(
  context: Context,
  path: ResolvedPath,
  filter: Filter | null,
  value: Json | undefined,
  explicit: boolean,
): Operation[] {
  const { schema, op } = context;
  if (isSkipped(context, path, value, explicit)) return [];
  const { extension, attribute, sub } = path;
  if (attribute === null) return extensionOperations(context, extension ?? '', value);
  if (schema.resource === 'Group' && attribute.name === 'members') {
    return membersOperation(op, path, filter, value);
  }
  const target: Target = { extension, attribute, sub, filter };
  if (op === 'remove') return [removal(target, value)];
  if (value === undefined) throw invalidValue(printPath(path), 'is to be changed without a value');
  return assignments(op, target, value);
}

/** An extension as a whole: an object merges into it, null or a remove takes it away. */
function extensionOperations(context: Context, urn: string, value: Json | undefined): Operation[] {
  const { schema, op } = context;
  if (op === 'remove' || value === null) {
    const extension = schema.extensions.find((each) => each.urn === urn);
    if (op === 'add') return [];
    return (extension?.attributes ?? []).map((attribute) =>
      removal({ extension: urn, attribute, sub: null, filter: null }, undefined),
    );
  }
  if (value === undefined) throw invalidValue(urn, 'is to be changed without a value');
  return entryOperations(context, { [urn]: value });
}

/** A key with a value filter is meant as a path: a mistake in it is told, not skipped. */
function entryOperations(context: Context, body: JsonObject): Operation[] {
  const named = [...entriesOf(context.schema, body)].flatMap(({ path, value }) =>
    operationsAt(context, path, null, value, false),
  );
  const selecting = Object.entries(body).filter(([key]) => key.includes('['));
  return [...named, ...selecting.flatMap(([key, value]) => operationsOn(context, key, value, false))];
}

/** `path` as text, with or without a value filter. */
function operationsOn(
  context: Context,
  path: string,
  value: Json | undefined,
  explicit: boolean,
): Operation[] {
  const { target, filter = null } = parsePath(context.schema, path);
  if (filter !== null && target.attribute?.multiValued === false) {
    throw new ScimError(
      400,
      'invalidPath',
      `${printPath({ ...target, sub: null })} has one value: it takes no filter.`,
    );
  }
  return operationsAt(context, target, filter, value, explicit);
}

/** RFC 7644 §3.5.2: without a path the value is an object of attributes. */
function pathlessOperations(context: Context, value: Json | undefined): Operation[] {
  if (context.op === 'remove') {
    throw new ScimError(400, 'noTarget', 'A remove operation needs a path that says what to remove.');
  }
  const bodies = (Array.isArray(value) ? value : [value]).map((body) => {
    if (isJsonObject(body)) return body;
    throw new ScimError(
      400,
      'invalidValue',
      'An operation without a path needs an object of attributes as its value.',
    );
  });
  return bodies.flatMap((body) => entryOperations(context, body));
}

function readOp(raw: JsonObject): Op {
  const op = memberNamed(raw, 'op');
  const name = typeof op === 'string' ? op.toLowerCase() : '';
  if (name === 'add' || name === 'replace' || name === 'remove') return name;
  throw new ScimError(400, 'invalidSyntax', 'The op of every operation must be add, replace or remove.');
}

function readOperation(schema: ResourceSchema, resourceId: string, raw: Json): Operation[] {
  if (!isJsonObject(raw)) throw new ScimError(400, 'invalidSyntax', 'Every operation must be a JSON object.');
  const context: Context = { schema, resourceId, op: readOp(raw) };
  const [path, value] = [memberNamed(raw, 'path'), memberNamed(raw, 'value')];
  if (path === undefined || path === null || path === '') return pathlessOperations(context, value);
  if (typeof path !== 'string')
    throw new ScimError(400, 'invalidPath', 'The path of an operation must be a text.');
  if (path.toLowerCase() === schema.urn.toLowerCase()) return pathlessOperations(context, value);
  return operationsOn(context, path, value, true);
}

/** A PatchOp without `schemas` is accepted, as some clients leave it out; another message is not. */
function requirePatchSchema(body: JsonObject): void {
  const schemas = memberNamed(body, 'schemas');
  if (isUnassigned(schemas)) return;
  const urns = Array.isArray(schemas) ? schemas : [schemas];
  if (urns.some((urn) => typeof urn === 'string' && urn.toLowerCase() === PATCH_URN.toLowerCase())) return;
  throw new ScimError(
    400,
    'invalidSyntax',
    `The body is not marked as a PATCH: its schemas must be ${PATCH_URN}.`,
  );
}

/** A value filter may stand in a key too, where there is no path. */
function pathCharacters(raw: Json): number {
  if (!isJsonObject(raw)) return 0;
  const [path, value] = [memberNamed(raw, 'path'), memberNamed(raw, 'value')];
  const keys = isJsonObject(value) ? Object.keys(value).filter((key) => key.includes('[')) : [];
  return [path, ...keys].reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
}

function requireReadable(operations: readonly Json[]): void {
  if (operations.length > MAX_PATCH_OPERATIONS) {
    throw new ScimError(
      413,
      undefined,
      `The PATCH has ${operations.length} operations and ${MAX_PATCH_OPERATIONS} are the most in one request. Split it up.`,
    );
  }
  const characters = operations.reduce<number>((sum, raw) => sum + pathCharacters(raw), 0);
  if (characters > MAX_PATH_CHARACTERS) {
    throw new ScimError(413, undefined, 'The paths of the PATCH are too long taken together. Split it up.');
  }
}

/**
 * The canonical operations of a PATCH body (RFC 7644 §3.5.2), whole or not at all. `resourceId` tells an unchanged `id` from
 * a changed one.
 */
export function parsePatch(schema: ResourceSchema, body: unknown, resourceId: string): Operation[] {
  if (!isJsonObject(body)) throw new ScimError(400, 'invalidSyntax', 'A PATCH must be a JSON object.');
  requirePatchSchema(body);
  const operations = memberNamed(body, 'operations');
  if (!Array.isArray(operations)) {
    throw new ScimError(400, 'invalidSyntax', 'A PATCH needs Operations, a list of what to change.');
  }
  requireReadable(operations);
  return operations.flatMap((raw) => readOperation(schema, resourceId, raw));
}
