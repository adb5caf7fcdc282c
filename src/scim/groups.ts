import type { JsonObject } from '../core/json.ts';
import type { Group } from '../core/user.ts';
import * as store from '../store/groups.ts';
import type { MembersWrite } from '../store/member-writes.ts';
import { type Scope, writeContext } from './context.ts';
import { ScimError } from './errors.ts';
import type { Precondition } from './etag.ts';
import { readMembers } from './member-input.ts';
import { membersWrite, toMember } from './members.ts';
import { foldDocument, normaliseGroup } from './normalise.ts';
import { groupPatch, parsePatch } from './patch.ts';

function notFound(): ScimError {
  return new ScimError(
    404,
    undefined,
    'There is no Group with this id. It may have been deleted; look it up by displayName.',
  );
}

function groupWrite(scope: Scope, document: JsonObject): store.GroupWrite {
  const { externalId } = document;
  return {
    document,
    folded: foldDocument(scope.schemas.group, document),
    displayName: String(document['displayName']),
    externalId: typeof externalId === 'string' ? externalId : null,
  };
}

export async function findGroup(scope: Scope, id: string): Promise<Group> {
  const group = await store.findGroup(scope.db, scope.connection.id, id);
  if (group === undefined) throw notFound();
  return group;
}

/** Group writes answer when committed: their deliveries are many and nobody waits for them. */
export async function createGroup(scope: Scope, body: JsonObject): Promise<Group> {
  const { document, members } = normaliseGroup(scope.schemas.group, body);
  const wanted = await readMembers(members);
  const result = await store.createGroup(
    scope.db,
    scope.connection,
    groupWrite(scope, document),
    wanted.map(toMember),
    writeContext(scope),
  );
  scope.deliveries.wake(scope.connection.id);
  return result.resource;
}

async function changeGroup(
  scope: Scope,
  id: string,
  check: Precondition,
  change: (current: Group) => { document: JsonObject; members: MembersWrite | null },
): Promise<Group> {
  const result = await store.changeGroup(
    scope.db,
    scope.connection,
    id,
    (current) => {
      check(current);
      const { document, members } = change(current);
      return { write: groupWrite(scope, document), members };
    },
    writeContext(scope),
  );
  if (result === undefined) throw notFound();
  scope.deliveries.wake(scope.connection.id);
  return result.resource;
}

/** PUT: the members become those of the body, none where it names none (RFC 7644 §3.5.1). */
export async function replaceGroup(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<Group> {
  const { document, members } = normaliseGroup(scope.schemas.group, body);
  const wanted = (await readMembers(members)).map(toMember);
  return changeGroup(scope, id, check, () => ({ document, members: { kind: 'replace', members: wanted } }));
}

/**
 * Adding or removing k members costs O(k). Only a filter on more than their ids makes the members be read, before the
 * transaction: members that others add meanwhile come after this PATCH.
 */
export async function patchGroup(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<Group> {
  const schema = scope.schemas.group;
  const patch = await groupPatch(schema, parsePatch(schema, body, id));
  const members = await membersWrite(scope, id, patch.members);
  return changeGroup(scope, id, check, (current) => ({ document: patch.change(current.document), members }));
}

export async function removeGroup(scope: Scope, id: string, check: Precondition): Promise<void> {
  const found = await store.deleteGroup(scope.db, scope.connection, id, check, writeContext(scope));
  if (!found) throw notFound();
  scope.deliveries.wake(scope.connection.id);
}
