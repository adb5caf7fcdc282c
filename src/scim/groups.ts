import { StoreUnavailable, VersionMismatch } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Group, Member } from '../core/user.ts';
import * as store from '../store/groups.ts';
import type { Scope } from './context.ts';
import { ScimError } from './errors.ts';
import type { Precondition } from './etag.ts';
import { memberChunks, membersWrite, toMember } from './members.ts';
import { foldDocument, normaliseGroup } from './normalise.ts';
import { groupPatch, parsePatch } from './patch.ts';

/** How often a PATCH that must read the members starts again when somebody else has changed the Group. */
const FILTER_ATTEMPTS = 5;

function notFound(): ScimError {
  return new ScimError(
    404,
    undefined,
    'There is no Group with this id. It may have been deleted; look it up by displayName.',
  );
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function groupWrite(scope: Scope, document: JsonObject): store.GroupWrite {
  return {
    document,
    folded: foldDocument(scope.schemas.group, document),
    displayName: text(document['displayName']) ?? '',
    externalId: text(document['externalId']),
  };
}

function writeContext(scope: Scope): { requestId: string; now: number } {
  return { requestId: scope.requestId, now: scope.clock.now() };
}

export async function findGroup(scope: Scope, id: string): Promise<Group> {
  const group = await store.findGroup(scope.db, scope.connection.id, id);
  if (group === undefined) throw notFound();
  return group;
}

/** Group writes answer when committed: their deliveries are many and nobody waits for them. */
export async function createGroup(scope: Scope, body: JsonObject): Promise<Group> {
  const { document, members = [] } = normaliseGroup(scope.schemas.group, body);
  const result = await store.createGroup(
    scope.db,
    scope.connection,
    groupWrite(scope, document),
    members.map(toMember),
    writeContext(scope),
  );
  scope.deliveries.wake(scope.connection.id);
  return result.resource;
}

async function changeGroup(
  scope: Scope,
  id: string,
  check: Precondition,
  change: (current: Group) => { document: JsonObject; members: store.MembersWrite | null },
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
export function replaceGroup(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<Group> {
  const { document, members = [] } = normaliseGroup(scope.schemas.group, body);
  return changeGroup(scope, id, check, () => ({
    document,
    members: { kind: 'replace', members: members.map(toMember) },
  }));
}

/** Adding or removing k members costs O(k); only a filter on more than their ids makes the members be read. */
export async function patchGroup(
  scope: Scope,
  id: string,
  body: JsonObject,
  check: Precondition,
): Promise<Group> {
  const schema = scope.schemas.group;
  const { change, members } = groupPatch(schema, parsePatch(schema, body, id));
  if (members.kind === 'filtered') return patchByFilter(scope, id, check, { change, members });
  const write = membersWrite(members, []);
  return changeGroup(scope, id, check, (current) => ({
    document: change(current.document),
    members: write,
  }));
}

/** The members are read before the transaction, which is begun again where the Group has changed in between. */
async function patchByFilter(
  scope: Scope,
  id: string,
  check: Precondition,
  patch: ReturnType<typeof groupPatch>,
): Promise<Group> {
  for (let attempt = 0; attempt < FILTER_ATTEMPTS; attempt += 1) {
    const { version } = await findGroup(scope, id);
    const current: Member[] = [];
    for await (const chunk of memberChunks(scope, id)) current.push(...chunk);
    const members = membersWrite(patch.members, current);
    let isOutdated = false;
    try {
      return await changeGroup(scope, id, check, (group) => {
        isOutdated = group.version !== version;
        if (isOutdated) throw new VersionMismatch('The Group has changed while its members were read.');
        return { document: patch.change(group.document), members };
      });
    } catch (error) {
      if (!isOutdated) throw error;
    }
  }
  throw new StoreUnavailable('The Group changes too often for its members to be chosen by a filter.');
}

export async function removeGroup(scope: Scope, id: string, check: Precondition): Promise<void> {
  const found = await store.deleteGroup(scope.db, scope.connection, id, check, writeContext(scope));
  if (!found) throw notFound();
  scope.deliveries.wake(scope.connection.id);
}
