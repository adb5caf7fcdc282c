import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { referenceIn, referencesIn } from './bulk-references.ts';
import { ScimError } from './errors.ts';
import { memberNamed } from './values.ts';

/** Operations in one request (RFC 7644 §3.7.4). */
export const MAX_BULK_OPERATIONS = 1000;
const BULK_REQUEST_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface BulkOperation {
  /** As sent, for the answer; upper case. */
  method: string;
  bulkId: string | undefined;
  /** Undefined: it cannot be carried out, for `problem`. */
  order: BulkOrder | undefined;
  problem: ScimError | undefined;
}

export interface BulkOrder {
  method: (typeof METHODS)[number];
  endpoint: 'Users' | 'Groups';
  /** An id or `bulkId:x`; null for POST. */
  target: string | null;
  /** As in `If-Match`. */
  version: string | undefined;
  data: JsonObject;
  /** bulkIds in `target` and `data`. */
  references: string[];
}

export interface BulkRequest {
  operations: BulkOperation[];
  /** Errors at which the rest is left undone. */
  failOnErrors: number;
}

function invalidSyntax(detail: string): ScimError {
  return new ScimError(400, 'invalidSyntax', detail);
}

function textNamed(operation: JsonObject, name: string): string | undefined {
  const value = memberNamed(operation, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readPath(path: string | undefined): { endpoint: 'Users' | 'Groups'; target: string | null } {
  const [, endpoint, target, ...more] = (path ?? '').split('/');
  if ((endpoint !== 'Users' && endpoint !== 'Groups') || more.length > 0) {
    throw invalidSyntax(
      'The path of a Bulk operation is /Users or /Groups, followed by /{id} except for POST.',
    );
  }
  return { endpoint, target: target === undefined || target === '' ? null : target };
}

function readData(method: string, data: Json | undefined): JsonObject {
  if (isJsonObject(data)) return data;
  if (method === 'DELETE') return {};
  throw invalidSyntax(`A ${method} operation needs data: the object that its body would be.`);
}

function readOrder(operation: JsonObject, methodText: string): BulkOrder {
  const method = METHODS.find((name) => name === methodText);
  if (method === undefined) {
    throw invalidSyntax('The method of a Bulk operation is POST, PUT, PATCH or DELETE.');
  }
  const { endpoint, target } = readPath(textNamed(operation, 'path'));
  if (method === 'POST' && textNamed(operation, 'bulkId') === undefined) {
    throw invalidSyntax('A POST operation needs a bulkId of its own.');
  }
  if ((method === 'POST') !== (target === null)) {
    throw invalidSyntax('The path of a POST names no resource; that of every other operation names one.');
  }
  const data = readData(method, memberNamed(operation, 'data'));
  const inTarget = target === null ? undefined : referenceIn(target);
  return {
    method,
    endpoint,
    target,
    version: textNamed(operation, 'version'),
    data,
    references: [...new Set([...(inTarget === undefined ? [] : [inTarget]), ...referencesIn(data)])],
  };
}

function readOperation(value: Json, taken: Set<string>): BulkOperation {
  const operation = isJsonObject(value) ? value : {};
  const method = (textNamed(operation, 'method') ?? '').toUpperCase();
  const bulkId = textNamed(operation, 'bulkId');
  try {
    const order = readOrder(operation, method);
    if (order.method === 'POST' && bulkId !== undefined) {
      if (taken.has(bulkId)) throw invalidSyntax('Another operation of this request has the same bulkId.');
      taken.add(bulkId);
    }
    return { method, bulkId, order, problem: undefined };
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    return { method, bulkId, order: undefined, problem: error };
  }
}

/** Throws where the request as a whole is wrong; what is wrong with one operation becomes its `problem`. */
export function readBulkRequest(body: JsonObject): BulkRequest {
  const schemas = memberNamed(body, 'schemas');
  if (!Array.isArray(schemas) || !schemas.includes(BULK_REQUEST_URN)) {
    throw invalidSyntax(`The body is not marked as a Bulk request: add ${BULK_REQUEST_URN} to its schemas.`);
  }
  const operations = memberNamed(body, 'operations');
  if (!Array.isArray(operations)) throw invalidSyntax('A Bulk request needs a list of Operations.');
  if (operations.length > MAX_BULK_OPERATIONS) {
    throw new ScimError(
      413,
      undefined,
      `A Bulk request takes at most ${MAX_BULK_OPERATIONS} operations. Send the rest in another one.`,
    );
  }
  const failOnErrors = memberNamed(body, 'failonerrors') ?? Number.POSITIVE_INFINITY;
  if (typeof failOnErrors !== 'number' || failOnErrors < 1) {
    throw new ScimError(400, 'invalidValue', 'failOnErrors must be a whole number of at least 1.');
  }
  const taken = new Set<string>();
  return { operations: operations.map((operation) => readOperation(operation, taken)), failOnErrors };
}
