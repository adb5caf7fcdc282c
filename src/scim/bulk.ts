import { setImmediate } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { sendJson } from './answer.ts';
import { MAX_BODY_BYTES, readBody } from './body.ts';
import { referenceIn, withIds, withoutReferences } from './bulk-references.ts';
import { type BulkOperation, type BulkOrder, type BulkRequest, readBulkRequest } from './bulk-request.ts';
import type { Scope } from './context.ts';
import { failureOf } from './error-handler.ts';
import { ScimError, scimErrorBody } from './errors.ts';
import { ifMatch, versionTag } from './etag.ts';
import { createGroup, patchGroup, removeGroup, replaceGroup } from './groups.ts';
import { createUser, patchUser, removeUser, replaceUser } from './users.ts';

const BULK_RESPONSE_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

const WRITES = {
  Users: { create: createUser, replace: replaceUser, patch: patchUser, remove: removeUser },
  Groups: { create: createGroup, replace: replaceGroup, patch: patchGroup, remove: removeGroup },
};

interface Written {
  id: string;
  /** Undefined after DELETE. */
  version?: number;
}

async function carryOut(scope: Scope, order: BulkOrder, target: string, data: JsonObject): Promise<Written> {
  const writes = WRITES[order.endpoint];
  const check = ifMatch(order.version);
  switch (order.method) {
    case 'POST':
      return writes.create(scope, data);
    case 'PUT':
      return writes.replace(scope, target, data, check);
    case 'PATCH':
      return writes.patch(scope, target, data, check);
    case 'DELETE':
      await writes.remove(scope, target, check);
      return { id: target };
  }
}

/** One Bulk request under way; its operations run one by one, each in a transaction of its own. */
class BulkRun {
  readonly #scope: Scope;
  readonly #request: BulkRequest;
  readonly #creators: ReadonlyMap<string, BulkOperation>;
  /** What each bulkId became. */
  readonly #ids = new Map<string, string>();
  readonly #started = new Set<BulkOperation>();
  readonly #results = new Map<BulkOperation, JsonObject>();
  /** Created without the references of a circle: to be written whole once these have ids. */
  readonly #incomplete: { operation: BulkOperation; order: BulkOrder; id: string }[] = [];
  #errors = 0;

  constructor(scope: Scope, request: BulkRequest) {
    this.#scope = scope;
    this.#request = request;
    const creators = request.operations.filter(({ order }) => order?.method === 'POST');
    this.#creators = new Map(creators.map((operation) => [operation.bulkId ?? '', operation]));
  }

  /** The results, in the request's order; those left undone for `failOnErrors` are missing. */
  async run(): Promise<JsonObject[]> {
    for (const operation of this.#request.operations) await this.#perform(operation);
    for (const rest of this.#incomplete) await this.#complete(rest);
    return this.#request.operations.map((operation) => this.#results.get(operation)).filter(isJsonObject);
  }

  /** What the operation refers to comes first; one that is started already closes a circle. */
  async #perform(operation: BulkOperation): Promise<void> {
    if (this.#started.has(operation)) return;
    this.#started.add(operation);
    for (const bulkId of operation.order?.references ?? []) {
      const creator = this.#creators.get(bulkId);
      if (creator !== undefined) await this.#perform(creator);
    }
    if (this.#errors >= this.#request.failOnErrors) return;
    // SQLite answers without leaving this thread's turn: without a break, 1,000 operations would be one long turn.
    await setImmediate();
    await this.#attempt(operation, () => this.#write(operation));
  }

  async #attempt(operation: BulkOperation, write: () => Promise<JsonObject>): Promise<void> {
    const { method, bulkId } = operation;
    const common = { method, ...(bulkId === undefined ? {} : { bulkId }) };
    try {
      this.#results.set(operation, { ...common, ...(await write()) });
    } catch (error) {
      this.#errors += 1;
      const failure = failureOf(this.#scope.log, this.#scope.requestId, error);
      const response = scimErrorBody(failure);
      this.#results.set(operation, { ...common, status: String(failure.status), response });
    }
  }

  async #write(operation: BulkOperation): Promise<JsonObject> {
    const { order, bulkId } = operation;
    if (order === undefined)
      throw operation.problem ?? new Error('A Bulk operation has neither order nor problem.');
    const open = order.references.filter((reference) => !this.#ids.has(reference));
    for (const reference of open) this.#requireUnderWay(reference);
    const data = open.length === 0 ? this.#resolved(order) : withoutReferences(this.#resolved(order));
    const written = await carryOut(this.#scope, order, this.#target(order), isJsonObject(data) ? data : {});
    if (order.method === 'POST' && bulkId !== undefined) this.#ids.set(bulkId, written.id);
    if (open.length > 0) this.#incomplete.push({ operation, order, id: written.id });
    return this.#success(order, written);
  }

  /** A reference without an id is allowed only to a creation that waits for this very operation. */
  #requireUnderWay(reference: string): void {
    const creator = this.#creators.get(reference);
    if (creator === undefined) {
      throw new ScimError(
        400,
        'invalidValue',
        `No POST of this request has the bulkId ${JSON.stringify(reference)}.`,
      );
    }
    if (this.#results.has(creator)) {
      throw new ScimError(
        409,
        undefined,
        `It refers to the operation with the bulkId ${JSON.stringify(reference)}, which failed.`,
      );
    }
  }

  async #complete(rest: { operation: BulkOperation; order: BulkOrder; id: string }): Promise<void> {
    const { operation, order, id } = rest;
    await this.#attempt(operation, async () => {
      for (const reference of order.references)
        if (!this.#ids.has(reference)) this.#requireUnderWay(reference);
      const written = await WRITES[order.endpoint].replace(
        this.#scope,
        id,
        this.#resolved(order),
        ifMatch(undefined),
      );
      return this.#success(order, written);
    });
  }

  #resolved(order: BulkOrder): JsonObject {
    const data = withIds(order.data, this.#ids);
    return isJsonObject(data) ? data : {};
  }

  #target(order: BulkOrder): string {
    const target = order.target ?? '';
    return this.#ids.get(referenceIn(target) ?? '') ?? target;
  }

  #success(order: BulkOrder, written: Written): JsonObject {
    const status = order.method === 'POST' ? 201 : order.method === 'DELETE' ? 204 : 200;
    return {
      location: `${this.#scope.base}/${order.endpoint}/${written.id}`,
      ...(written.version === undefined ? {} : { version: versionTag(written.version) }),
      status: String(status),
    };
  }
}

/** RFC 7644 §3.7. Answers when all is committed: nobody waits for the deliveries. */
export async function postBulk(scope: Scope, request: Request, response: Response): Promise<void> {
  const bulk = readBulkRequest(await readBody(request, response, MAX_BODY_BYTES));
  const operations = await new BulkRun({ ...scope, waitMs: 0 }, bulk).run();
  sendJson(request, response, 200, { schemas: [BULK_RESPONSE_URN], Operations: operations });
}
