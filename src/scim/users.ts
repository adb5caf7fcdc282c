import type { JsonObject } from '../core/json.ts';
import { isActive, type User } from '../core/user.ts';
import type { StoredUser } from '../store/rows.ts';
import * as store from '../store/users.ts';
import { type Scope, writeContext } from './context.ts';
import { ScimError } from './errors.ts';
import type { Precondition } from './etag.ts';
import { foldDocument, normaliseUser } from './normalise.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { settle } from './settle.ts';

function notFound(): ScimError {
  return new ScimError(
    404,
    undefined,
    'There is no User with this id. It may have been deleted; look it up by userName.',
  );
}

/** `active` is stored even where it was not pushed, so that a filter finds what an answer shows. */
function userWrite(scope: Scope, normalised: JsonObject): store.UserWrite {
  const { externalId } = normalised;
  const document = { ...normalised, active: isActive(normalised) };
  return {
    document,
    folded: foldDocument(scope.schemas.user, document),
    userName: String(normalised['userName']),
    externalId: typeof externalId === 'string' ? externalId : null,
  };
}

export async function findUser(scope: Scope, id: string): Promise<StoredUser> {
  const user = await store.findUser(scope.db, scope.connection.id, id);
  if (user === undefined) throw notFound();
  return user;
}

/** Answers the User as written, once its delivery has an outcome or the wait is over. */
export async function createUser(scope: Scope, body: JsonObject): Promise<StoredUser> {
  const { document } = normaliseUser(scope.schemas.user, body);
  const { db, connection } = scope;
  const result = await store.createUser(db, connection, userWrite(scope, document), writeContext(scope));
  await settle(scope, result.wait);
  return result.resource;
}

async function changeUser(
  scope: Scope,
  id: string,
  check: Precondition,
  change: (current: User) => JsonObject,
): Promise<StoredUser> {
  const result = await store.changeUser(
    scope.db,
    scope.connection,
    id,
    (current) => {
      check(current);
      return userWrite(scope, change(current));
    },
    writeContext(scope),
  );
  if (result === undefined) throw notFound();
  await settle(scope, result.wait);
  return result.resource;
}

/** PUT: what the body does not name is unassigned (RFC 7644 §3.5.1). */
export function replaceUser(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<StoredUser> {
  const { document } = normaliseUser(scope.schemas.user, body);
  return changeUser(scope, id, check, () => document);
}

export function patchUser(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<StoredUser> {
  const operations = parsePatch(scope.schemas.user, body, id);
  return changeUser(scope, id, check, (current) =>
    applyPatch(scope.schemas.user, current.document, operations),
  );
}

/** Durable when this returns; the vendor hears of it later. */
export async function removeUser(scope: Scope, id: string, check: Precondition): Promise<void> {
  const found = await store.deleteUser(scope.db, scope.connection, id, check, writeContext(scope));
  if (!found) throw notFound();
  scope.deliveries.wake(scope.connection.id);
}
