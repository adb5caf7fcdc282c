import { setImmediate } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Page, ResourceQuery } from '../core/query.ts';
import type { Group } from '../core/user.ts';
import { listGroups } from '../store/group-query.ts';
import { groupsOf } from '../store/members.ts';
import type { StoredUser } from '../store/rows.ts';
import { listUsers } from '../store/user-query.ts';
import { sendPieces } from './answer.ts';
import type { Scope } from './context.ts';
import type { Projection } from './project.ts';
import { groupPieces, userPrinter } from './render.ts';

export const LIST_URN = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** What is printed of Users before others have their turn. */
const PIECE_CHARACTERS = 262_144;

/** One kind's part of a list, as JSON texts with commas between them. */
export interface Listing {
  page: Page<unknown>;
  pieces: AsyncIterable<string>;
}

async function* usersPieces(
  scope: Scope,
  users: readonly StoredUser[],
  projection: Projection,
  inSequence: boolean,
): AsyncGenerator<string> {
  const ids = projection.wants('groups') ? users.map((user) => user.id) : [];
  const groups = await groupsOf(scope.db, scope.connection.id, ids, { inSequence });
  const print = userPrinter(scope, projection);
  let text = '';
  for (const [index, user] of users.entries()) {
    text += (index === 0 ? '' : ',') + print(user, groups.get(user.id) ?? []);
    // A User may have up to 1 MiB.
    if (text.length < PIECE_CHARACTERS) continue;
    yield text;
    text = '';
    await setImmediate();
  }
  yield text;
}

async function* groupsPieces(scope: Scope, groups: Group[], projection: Projection): AsyncGenerator<string> {
  let separator = '';
  for (const group of groups) {
    yield separator;
    yield* groupPieces(scope, group, projection);
    separator = ',';
  }
}

export async function findUsers(
  scope: Scope,
  query: ResourceQuery,
  projection: Projection,
): Promise<Listing> {
  const page = await listUsers(scope.db, scope.connection.id, query);
  const inSequence = query.filter === null && query.sort === null;
  return { page, pieces: usersPieces(scope, page.resources, projection, inSequence) };
}

export async function findGroups(
  scope: Scope,
  query: ResourceQuery,
  projection: Projection,
): Promise<Listing> {
  const page = await listGroups(scope.db, scope.connection.id, query);
  return { page, pieces: groupsPieces(scope, page.resources, projection) };
}

/** The ListResponse of RFC 7644 §3.4.2, its `Resources` always there; of no resources, `[]`. */
async function* listPieces({ page, pieces }: Listing): AsyncGenerator<string> {
  const { resources, ...envelope } = page;
  const head = JSON.stringify({
    schemas: [LIST_URN],
    ...envelope,
    itemsPerPage: resources.length,
    Resources: [],
  });
  yield head.slice(0, -2);
  yield* pieces;
  yield ']}';
}

export function sendListing(request: Request, response: Response, listing: Listing): Promise<void> {
  return sendPieces(request, response, 200, listPieces(listing));
}
