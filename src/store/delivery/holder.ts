/** Who else of the connection has an address, or an account (rules 4 and 10). */
import type { Selectable } from 'kysely';
import type { Account, Intent } from '../../core/account.ts';
import { addressKey } from '../../core/address.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { isActive } from '../../core/user.ts';
import type { Database, Transaction } from '../database.ts';
import { statement } from '../statement.ts';
import type { AccountsTable } from '../tables.ts';
import { vendorKey } from '../worklist/write.ts';

/** Another row that has an address or an account. */
export interface Holder {
  id: string;
  role: Account['role'];
  /** By its vendor id, or by an address alone. */
  by: 'id' | 'address';
  /** The name of its User or Group; null: deleted. */
  name: string | null;
  owner: 'active' | 'inactive' | 'deleted' | 'observed';
  /** Of the attempt's own User. */
  own: boolean;
  claimed: boolean;
  /** Neither claimed nor due. */
  atRest: boolean;
  /** Its intent is open; `human`: only a human can resolve it. */
  intent: 'none' | 'open' | 'human';
  held: boolean;
  /** Who waits for whom comes back to the attempt's own row. */
  circle: boolean;
  /** It knows an account at the vendor. */
  known: boolean;
  /** It has an account where it wants one, and waits for something else: it will not give the address up. */
  stays: boolean;
}

const byKey = {
  address: holderBy('address_key'),
  id: holderBy('vendor_key'),
};

function holderBy(column: 'address_key' | 'vendor_key') {
  return statement((db, connectionId: ConnectionId, kind: Account['kind'], key: string) =>
    db
      .selectFrom('accounts')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .where('kind', '=', kind)
      .where(column, '=', key)
      .compile(),
  );
}

/** The other row that has this address; null: none. `except`: the attempt's own rows. */
export async function holderOfAddress(
  db: Database | Transaction,
  account: Account,
  address: string,
  except: readonly string[],
): Promise<Holder | null> {
  const key = addressKey(account.kind, address);
  const [row] = await byKey.address(db, account.connectionId, account.kind, key);
  if (row === undefined || except.includes(row.id)) return null;
  return describe(db, account, row, 'address');
}

/** The other row that has this account, by its vendor id or else by one of its addresses: an own account may have been renamed to one. */
export async function holderOfAccount(
  db: Database,
  account: Account,
  found: { id: string; address: string; aliases?: string[] },
  except: readonly string[],
): Promise<Holder | null> {
  const { connectionId, kind } = account;
  const [row] = await byKey.id(db, connectionId, kind, vendorKey(kind, found.id));
  if (row !== undefined && !except.includes(row.id)) return describe(db, account, row, 'id');
  for (const address of [found.address, ...(found.aliases ?? [])]) {
    const holder = await holderOfAddress(db, account, address, except);
    if (holder !== null) return holder;
  }
  return null;
}

type Row = Selectable<AccountsTable>;

async function describe(
  db: Database | Transaction,
  account: Account,
  row: Row,
  by: Holder['by'],
): Promise<Holder> {
  const { name, active } = await ownerOf(db, row);
  const intent = row.intent === null ? null : (JSON.parse(row.intent) as Intent);
  const atRest = row.claimed_version === null && row.due_at === null;
  const isInvitation = intent?.call.op === 'create' || intent?.call.op === 'withdraw';
  const isHuman = isInvitation && atRest && row.state === 'task';
  const observed = row.state === 'observed';
  return {
    id: row.id,
    role: row.role,
    by,
    name,
    owner: observed ? 'observed' : name === null ? 'deleted' : active ? 'active' : 'inactive',
    own: row.resource_id === account.resourceId && row.kind === account.kind,
    claimed: row.claimed_version !== null,
    atRest,
    intent: intent === null ? 'none' : isHuman ? 'human' : 'open',
    held: row.state === 'held',
    circle: await isCircle(db, account, row),
    known: row.vendor_key !== null,
    stays: active && row.role === 'current' && hasWanted(row),
  };
}

/** Nothing newer is wanted of it than its last attempt mapped. */
function hasWanted(row: Row): boolean {
  const isWaiting = row.state === 'waiting' && row.claimed_version === null;
  return isWaiting && row.vendor_key !== null && row.mapped_key === row.address_key;
}

async function ownerOf(
  db: Database | Transaction,
  row: Row,
): Promise<{ name: string | null; active: boolean }> {
  if (row.kind === 'group') {
    const group = await db
      .selectFrom('groups')
      .select('display_name')
      .where('connection_id', '=', row.connection_id)
      .where('id', '=', row.resource_id)
      .executeTakeFirst();
    return { name: group?.display_name ?? null, active: true };
  }
  const user = await db
    .selectFrom('users')
    .select(['user_name', 'document'])
    .where('connection_id', '=', row.connection_id)
    .where('id', '=', row.resource_id)
    .executeTakeFirst();
  const active = user !== undefined && isActive(JSON.parse(user.document) as JsonObject);
  return { name: user?.user_name ?? null, active };
}

/** As many as wait for each other in a row before it counts as a circle all the same. */
const LONGEST_CHAIN = 50;

/** Follows the addresses that the holders want, as far as they are known. */
async function isCircle(db: Database | Transaction, account: Account, holder: Row): Promise<boolean> {
  let row = holder;
  for (let length = 0; length < LONGEST_CHAIN; length += 1) {
    if (row.mapped_key === null || row.mapped_key === row.address_key) return false;
    const [next] = await byKey.address(db, account.connectionId, account.kind, row.mapped_key);
    if (next === undefined || next.id === row.id) return false;
    if (next.id === account.id) return true;
    row = next;
  }
  return true;
}
