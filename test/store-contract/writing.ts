import type { Connection } from '../../src/core/connection.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { User } from '../../src/core/user.ts';
import type { Database } from '../../src/store/database.ts';
import type { Settlement } from '../../src/store/delivery/settle.ts';
import type { GroupWrite } from '../../src/store/groups.ts';
import { createUser, type UserWrite, type WriteResult } from '../../src/store/users.ts';
import { type Claim, claimDue } from '../../src/store/worklist/claim.ts';
import { heldLease } from '../unit/store/held-lease.ts';

let clock = 1_000;

/** Of one push; each is later than the one before. */
export function context() {
  clock += 1;
  return { requestId: `r${clock}`, now: clock };
}

export function userWrite(document: JsonObject): UserWrite {
  return { document, folded: document, userName: String(document['userName']), externalId: null };
}

export function groupWrite(displayName: string): GroupWrite {
  const document = { displayName };
  return { document, folded: document, displayName, externalId: null };
}

export function addUser(db: Database, connection: Connection, userName: string): Promise<WriteResult<User>> {
  return createUser(db, connection, userWrite({ userName, active: true }), context());
}

export async function claim(db: Database, connection: Connection, limit = 1): Promise<Claim[]> {
  const { now } = context();
  const lease = await heldLease(db, connection.id);
  return claimDue(db, lease, { now, limit, mirrored: false });
}

/** The end of a delivery that made the account, or that the vendor refused. */
export function settlement(claimed: Claim, result: 'done' | 'refused'): Settlement {
  const { now } = context();
  const done = result === 'done';
  const { userName } = claimed.user ?? { userName: 'gone' };
  return {
    claim: claimed,
    knowledge: {
      address: done ? userName : claimed.account.address,
      vendorId: done ? `v-${userName}` : claimed.account.vendorId,
      origin: done ? 'created' : claimed.account.origin,
      actual: done ? { id: `v-${userName}`, address: userName, presence: 'active', fields: {} } : null,
      written: {},
      doubtAt: null,
    },
    steps: [],
    calls: [],
    changes: [],
    error: done ? null : { code: 'REJECTED', message: 'no', at: now },
    startedAt: now,
    endedAt: now,
    result,
    state: done ? 'in-sync' : 'refused',
    tasks: [],
    absent: false,
  };
}

/** `times` calls at the same time; their results in order. */
export function atOnce<T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => work(index)));
}
