import type { Request, Response } from 'express';
import type { JsonObject } from '../core/json.ts';
import type { ResourceQuery } from '../core/query.ts';
import { MAX_BODY_BYTES, readBody } from './body.ts';
import type { Scope } from './context.ts';
import { ScimError } from './errors.ts';
import { findGroups, findUsers, type Listing, sendListing } from './list.ts';
import { compileProjection, type Projection, readProjection } from './project.ts';
import { readQuery } from './query.ts';
import type { ResourceSchema } from './schema.ts';
import { memberNamed } from './values.ts';

const SEARCH_URN = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

interface Search {
  query: ResourceQuery;
  projection: Projection;
}

/** The SearchRequest of RFC 7644 §3.4.3. */
async function readSearchBody(request: Request, response: Response): Promise<JsonObject> {
  const body = await readBody(request, response, MAX_BODY_BYTES);
  const schemas = memberNamed(body, 'schemas');
  if (Array.isArray(schemas) && schemas.includes(SEARCH_URN)) return body;
  throw new ScimError(
    400,
    'invalidSyntax',
    `The body is not marked as a search: add ${SEARCH_URN} to its schemas.`,
  );
}

function searchOf(schema: ResourceSchema, body: JsonObject): Search {
  return { query: readQuery(schema, body), projection: compileProjection(schema, readProjection(body)) };
}

export async function searchUsers(scope: Scope, request: Request, response: Response): Promise<void> {
  const { query, projection } = searchOf(scope.schemas.user, await readSearchBody(request, response));
  await sendListing(request, response, await findUsers(scope, query, projection));
}

export async function searchGroups(scope: Scope, request: Request, response: Response): Promise<void> {
  const { query, projection } = searchOf(scope.schemas.group, await readSearchBody(request, response));
  await sendListing(request, response, await findGroups(scope, query, projection));
}

/** The refusal where the search names an attribute that this kind of resource does not have: none of it matches. */
function searchIfKnown(schema: ResourceSchema, body: JsonObject): Search | ScimError {
  try {
    return searchOf(schema, body);
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}

/** A cursor belongs to one kind of resource. */
function startIndexOf(query: ResourceQuery): number {
  if (query.page.kind === 'index') return query.page.startIndex;
  throw new ScimError(
    400,
    'invalidValue',
    'Cursors work on /Users and /Groups, not on both at once. Use startIndex, or search one of them.',
  );
}

/** The same query on what follows the resources of `before`. */
function continued(query: ResourceQuery, before: Listing['page']): ResourceQuery {
  const startIndex = Math.max(1, startIndexOf(query) - before.totalResults);
  return { ...query, count: query.count - before.resources.length, page: { kind: 'index', startIndex } };
}

async function* nothing(): AsyncGenerator<string> {}

async function* joined(first: Listing, second: Listing): AsyncGenerator<string> {
  yield* first.pieces;
  if (first.page.resources.length > 0 && second.page.resources.length > 0) yield ',';
  yield* second.pieces;
}

/** Users, then Groups, each sorted in itself (RFC 7644 §3.4.2.1: both kinds from the server's root). */
export async function searchAll(scope: Scope, request: Request, response: Response): Promise<void> {
  const body = await readSearchBody(request, response);
  const users = searchIfKnown(scope.schemas.user, body);
  const groups = searchIfKnown(scope.schemas.group, body);
  const known = users instanceof ScimError ? groups : users;
  if (known instanceof ScimError) throw known;
  const startIndex = startIndexOf(known.query);
  const none: Listing = { page: { totalResults: 0, resources: [] }, pieces: nothing() };
  const first = users instanceof ScimError ? none : await findUsers(scope, users.query, users.projection);
  const second =
    groups instanceof ScimError
      ? none
      : await findGroups(scope, continued(groups.query, first.page), groups.projection);
  await sendListing(request, response, {
    page: {
      totalResults: first.page.totalResults + second.page.totalResults,
      startIndex,
      resources: [...first.page.resources, ...second.page.resources],
    },
    pieces: joined(first, second),
  });
}
