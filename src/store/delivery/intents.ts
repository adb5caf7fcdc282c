/** The one transaction before a call: claim and epoch checked, address reserved, guard counted, intent written (rule 1). */
import type { RowState } from '../../core/account.ts';
import type { Policies } from '../../core/policy.ts';
import { type Database, inTransaction, type Transaction } from '../database.ts';
import { UniqueViolation } from '../errors.ts';
import type { Claim } from '../worklist/claim.ts';
import { vendorKey } from '../worklist/write.ts';
import { claimedAccount, writeRows } from './attempt-rows.ts';
import { type Holder, holderOfAddress } from './holder.ts';
import { countLeaver, readGuard } from './leaver-guard.ts';

export interface IntentWrite<Refusal> {
  claim: Claim;
  before: readonly RowState[];
  /** With the intent. */
  after: readonly RowState[];
  /** The row that the call is about; a create's `address`. */
  row: string;
  address: string | null;
  /** Whom the guard counts; null: nobody. */
  counts: { released: boolean } | null;
  policies: Policies;
  /** Vendor ids of others who have the role that the call takes away; null: it takes none. */
  others: readonly string[] | null;
  /** Why the call may not be made; null: it may. */
  decide(facts: IntentFacts): Refusal | null;
  now: number;
}

export interface IntentFacts {
  holder: Holder | null;
  guard: { lost: number; limit: number } | null;
  othersInRole: number;
}

/** lost: the claim is another's by now. clash: what was learned is another row's by now. */
export type Admission<Refusal> =
  | { kind: 'admitted'; rows: RowState[] }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'clash'; error: AccountTaken }
  | { kind: 'lost' };

type Admissions<Refusal> = Map<IntentWrite<Refusal>, Admission<Refusal>>;

/** One outcome for each; the members of a batch are locked in the order of their ids. */
export async function admitCalls<Refusal>(
  db: Database,
  writes: readonly IntentWrite<Refusal>[],
): Promise<Admission<Refusal>[]> {
  const inOrder = writes.toSorted((a, b) => (a.claim.account.id < b.claim.account.id ? -1 : 1));
  const admissions = await admitTogether(db, inOrder);
  return writes.map((write) => admissions.get(write) ?? { kind: 'lost' });
}

/** Where one of them clashes with another row, each is admitted for itself. */
async function admitTogether<Refusal>(
  db: Database,
  writes: readonly IntentWrite<Refusal>[],
): Promise<Admissions<Refusal>> {
  const made: Admissions<Refusal> = new Map();
  try {
    await inTransaction(db, async (tx) => {
      made.clear();
      for (const write of writes) made.set(write, await admitCall(tx, write));
    });
    return made;
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    made.clear();
    const [first, ...others] = writes;
    if (first !== undefined && others.length === 0) {
      return made.set(first, { kind: 'clash', error: new AccountTaken({ cause: error }) });
    }
  }
  for (const write of writes) {
    for (const [one, admission] of await admitTogether(db, [write])) made.set(one, admission);
  }
  return made;
}

async function admitCall<Refusal>(tx: Transaction, write: IntentWrite<Refusal>): Promise<Admission<Refusal>> {
  const account = await claimedAccount(tx, write.claim);
  if (account === null) return { kind: 'lost' };
  const own = write.before.map(({ id }) => id);
  const holder = write.address === null ? null : await holderOfAddress(tx, account, write.address, own);
  const counted =
    write.counts === null || holder !== null ? null : await readGuard(tx, account, write.policies, write.now);
  const guard = write.counts?.released === true ? null : counted;
  const othersInRole = write.others === null ? 0 : await staying(tx, account, write.others);
  const refusal = write.decide({ holder, guard, othersInRole });
  if (refusal !== null) return { kind: 'refused', refusal };
  if (counted !== null) await countLeaver(tx, account, write.now);
  return { kind: 'admitted', rows: await writeRows(tx, { ...write, account }) };
}

/** What was learned fits no row: another row has the account or the address by now. Whose it is has to be asked again. */
export class AccountTaken extends Error {
  override name = 'AccountTaken';
  constructor(options: { cause: unknown }) {
    super('Another row has this account or its address.', options);
  }
}

/** Of those who have a role: they whom no call under way takes it from. */
async function staying(
  tx: Transaction,
  account: { connectionId: string; kind: 'user' | 'group' },
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await tx
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('connection_id', '=', account.connectionId)
    .where('kind', '=', account.kind)
    .where(
      'vendor_key',
      'in',
      ids.map((id) => vendorKey(account.kind, id)),
    )
    .where('intent', 'is not', null)
    .executeTakeFirstOrThrow();
  return ids.length - Number(rows.n);
}
