import { fold } from '../../../src/core/fold.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { emailKeys } from '../../../src/core/user.ts';
import { foldDocument } from '../../../src/scim/normalise.ts';
import type { Database } from '../../../src/store/database.ts';
import { groupSchema, userSchema } from '../scim/schema-fixture.ts';

interface StoredResource {
  id: string;
  document: JsonObject;
  /** Epoch ms. */
  createdAt?: number;
  modifiedAt?: number;
  version?: number;
}

export async function insertConnection(db: Database, id: string): Promise<void> {
  await db
    .insertInto('connections')
    .values({
      id,
      vendor: 'attention',
      title: id,
      settings: '{}',
      credentials: '',
      mapping: '{}',
      policies: '{}',
      policy_overrides: '{}',
      dry_run: 0,
      user_count: 0,
      group_count: 0,
      created_at: 0,
      modified_at: 0,
      version: 1,
    })
    .execute();
}

/** Rows as a push leaves them, the counter of the connection too. */
export async function insertUsers(
  db: Database,
  connectionId: string,
  users: StoredResource[],
): Promise<void> {
  for (const user of users) {
    const userName = String(user.document['userName'] ?? user.id);
    const document = { ...user.document, userName };
    await db
      .insertInto('users')
      .values({
        ...columnsOf(connectionId, user),
        user_name: userName,
        user_name_key: fold(userName),
        document: JSON.stringify(document),
        folded: JSON.stringify(foldDocument(userSchema, document)),
      })
      .execute();
    for (const key of emailKeys(document)) {
      await db
        .insertInto('user_emails')
        .values({ connection_id: connectionId, email_key: key, user_id: user.id })
        .execute();
    }
  }
  await count(db, connectionId, 'user_count', users.length);
}

export async function deleteUser(db: Database, connectionId: string, id: string): Promise<void> {
  await db.deleteFrom('users').where('connection_id', '=', connectionId).where('id', '=', id).execute();
  await count(db, connectionId, 'user_count', -1);
}

export async function insertGroups(
  db: Database,
  connectionId: string,
  groups: (StoredResource & { members: { value: string; type: 'User' | 'Group' }[] })[],
): Promise<void> {
  for (const group of groups) {
    const displayName = String(group.document['displayName'] ?? group.id);
    const document = { ...group.document, displayName };
    await db
      .insertInto('groups')
      .values({
        ...columnsOf(connectionId, group),
        display_name: displayName,
        display_name_key: fold(displayName),
        document: JSON.stringify(document),
        folded: JSON.stringify(foldDocument(groupSchema, document)),
        member_count: group.members.length,
      })
      .execute();
    for (const { value, type } of group.members) {
      await db
        .insertInto('members')
        .values({ connection_id: connectionId, group_id: group.id, member_id: value, type, display: null })
        .execute();
    }
  }
  await count(db, connectionId, 'group_count', groups.length);
}

function columnsOf(connectionId: string, resource: StoredResource) {
  return {
    connection_id: connectionId,
    id: resource.id,
    external_id: typeof resource.document['externalId'] === 'string' ? resource.document['externalId'] : null,
    version: resource.version ?? 1,
    created_at: resource.createdAt ?? 0,
    modified_at: resource.modifiedAt ?? 0,
  };
}

async function count(
  db: Database,
  connectionId: string,
  counter: 'user_count' | 'group_count',
  difference: number,
): Promise<void> {
  await db
    .updateTable('connections')
    .set((eb) => ({ [counter]: eb(counter, '+', difference) }))
    .where('id', '=', connectionId)
    .execute();
}
