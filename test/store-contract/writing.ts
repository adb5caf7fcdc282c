import { type Account, EMPTY, type Intent, type Known, type RowState } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { User } from '../../src/core/user.ts';
import type { Database } from '../../src/store/database.ts';
import type { AttemptEnd } from '../../src/store/delivery/attempt-end.ts';
import { endAttempt } from '../../src/store/delivery/settle.ts';
import type { GroupWrite } from '../../src/store/groups.ts';
import {
  changeUser,
  createUser,
  deleteUser,
  type UserWrite,
  type WriteResult,
} from '../../src/store/users.ts';
import { type Claim, claimDue, findAccount } from '../../src/store/worklist/claim.ts';
import { rowState } from '../../src/store/worklist/row.ts';
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

export function addUser(
  db: Database,
  connection: Connection,
  userName: string,
  active = true,
): Promise<WriteResult<User>> {
  return createUser(db, connection, userWrite({ userName, active }), context());
}

/** A push of these attributes. */
export function pushUser(db: Database, connection: Connection, id: string, attributes: JsonObject) {
  const change = ({ document }: User) => userWrite({ ...document, ...attributes });
  return changeUser(db, connection, id, change, context());
}

export function removeUser(db: Database, connection: Connection, id: string): Promise<boolean> {
  return deleteUser(db, connection, id, () => undefined, context());
}

export async function claim(db: Database, connection: Connection, limit = 1): Promise<Claim[]> {
  const { now } = context();
  const lease = await heldLease(db, connection.id);
  return claimDue(db, lease, { now, limit, mirrored: false });
}

/** The one account that is due. */
export async function claimOne(db: Database, connection: Connection): Promise<Claim> {
  const [claimed] = await claim(db, connection);
  if (claimed === undefined) throw new Error('Nothing is due.');
  return claimed;
}

export async function accountOf(db: Database, { account }: Claim): Promise<Account> {
  const found = await findAccount(db, account.connectionId, account.id);
  if (found === undefined) throw new Error('The account’s row is gone.');
  return found;
}

/** An account that Causeway has made at the vendor. */
export function made(address: string, more: Partial<Known> = {}): Known {
  const actual = { id: `v-${address}`, address, presence: 'active' as const, fields: {} };
  return { ...EMPTY, address, vendorId: actual.id, origin: 'created', actual, ...more };
}

export function createIntent(address: string): Intent {
  return { version: 1, call: { op: 'create', address, fields: {} }, before: 'absent', epoch: 1 };
}

/** The claimed row and its `next`, as they are stored. */
export function rowsOf({ account, next }: Claim): RowState[] {
  return [account, ...(next === null ? [] : [next])].map(rowState);
}

/** A row for the address that a User is moving to. */
export function nextRow(known: Known, more: Partial<RowState> = {}): RowState {
  const rest = { mapped: known.address, held: null, told: [], counted: false, ...more };
  return { id: 'new-1', role: 'next', known, ...rest };
}

/** The claimed rows with this known of the first one, and its other parts. */
export function knowing(claimed: Claim, known: Known, more: Partial<RowState> = {}): RowState[] {
  return rowsOf(claimed).map((row, index) => (index === 0 ? { ...row, known, ...more } : row));
}

/** The end of an attempt at this time that changed nothing and found all as wanted. */
export function attemptEnd(claimed: Claim, more: Partial<AttemptEnd> = {}): AttemptEnd {
  const { now } = context();
  const rows = rowsOf(claimed);
  const fixed = { swap: false, due: null, tasks: [], looked: false, wake: [], wakeUser: false };
  const log = { steps: [], calls: [], changes: [], quiet: true, planned: false };
  const when = { startedAt: now, endedAt: now };
  const end = { result: 'done', state: 'in-sync', error: null, give: 'settle' } as const;
  return { claim: claimed, before: rows, after: rows, ...end, ...fixed, ...log, ...when, ...more };
}

/** The end of an attempt that made the account, or that the vendor refused. */
export function ending(claimed: Claim, result: 'done' | 'refused'): AttemptEnd {
  const userName = claimed.user?.userName ?? 'gone';
  if (result === 'done') {
    const after = knowing(claimed, made(userName), { mapped: userName });
    return attemptEnd(claimed, { after, changes: ['create'], quiet: false });
  }
  const error = { code: 'REJECTED' as const, message: 'no', at: 1 };
  return attemptEnd(claimed, { result, state: 'refused', error });
}

/** Another attempt at the same later: `waiting`. */
export function released(claimed: Claim, more: Partial<AttemptEnd> = {}): AttemptEnd {
  const due = { at: 1, inMs: 0, notBefore: null, failed: true };
  return attemptEnd(claimed, { result: 'retry', state: 'waiting', give: 'release', due, ...more });
}

/** A User whose account is at the vendor under its userName and in sync. */
export async function settledUser(db: Database, connection: Connection, userName: string) {
  const { resource, wait } = await addUser(db, connection, userName);
  const claims = await claim(db, connection, 100);
  const own = claims.find(({ account }) => account.id === wait?.accountId);
  if (own === undefined || claims.length > 1) throw new Error('Something else is due too.');
  await endAttempt(db, ending(own, 'done'));
  return { userId: resource.id, accountId: own.account.id };
}

/** `times` calls at the same time; their results in order. */
export function atOnce<T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => work(index)));
}
