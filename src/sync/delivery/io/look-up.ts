/** Carries out a look, and says what it saw. */
import type { VendorAccount } from '../../../core/account.ts';
import { VendorError } from '../../../core/errors.ts';
import { holderOfAccount, holderOfAddress } from '../../../store/delivery/holder.ts';
import type { AccountList } from '../../calls/account-list.ts';
import { lookKey } from '../look.ts';
import type { Attempt, Event, Failure, Move, Seen } from '../state.ts';
import type { RunContext } from './context.ts';
import { failureOf } from './failure.ts';

type Look = Extract<Move, { do: 'look' }>;

export async function lookUp(context: RunContext, attempt: Attempt, move: Look): Promise<Event> {
  const { live, waits, confirm } = context;
  try {
    const options = { ...move, byList: move.why === 'list' };
    const { found, list, ...seen } = await live.lookup.look(attempt.rules.kind, options, waits);
    if (found === 'short') return { on: 'not-seen', failure: shortList(attempt) };
    const also = list === null ? {} : await alsoListed(context, attempt, move, list, seen);
    const told = { on: 'seen' as const, key: move.key, also, ...(await holderNow(context, attempt)) };
    if (typeof found === 'string') return { ...told, seen: { ...seen, is: found } };
    if ('foreign' in found) return { ...told, seen: { ...seen, is: 'foreign', reason: found.foreign } };
    return { ...told, seen: await present(context, attempt, found, seen) };
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return { on: 'not-seen', failure: failureOf(await confirm(error), null, attempt) };
  }
}

async function present(
  { tools, claim }: RunContext,
  attempt: Attempt,
  account: VendorAccount,
  seen: Pick<Seen, 'begun' | 'ageMs' | 'listed'>,
): Promise<Seen> {
  const own = attempt.rows.map(({ id }) => id);
  return {
    ...seen,
    is: 'present',
    account,
    holder: await holderOfAccount(tools.db, claim.account, account, own),
  };
}

/** The list that was read for one row shows the accounts of the others too. */
async function alsoListed(
  context: RunContext,
  attempt: Attempt,
  { key }: Look,
  list: AccountList,
  seen: Pick<Seen, 'begun' | 'ageMs' | 'listed'>,
): Promise<Record<string, Seen>> {
  const shown: Record<string, Seen> = {};
  for (const row of attempt.rows) {
    const other = lookKey(attempt, row);
    const { vendorId, actual } = row.known;
    if (other === key || vendorId === null || actual === null) continue;
    const found = list.find({ id: vendorId, address: actual.address });
    if (typeof found !== 'string') shown[other] = await present(context, attempt, found, seen);
  }
  return shown;
}

/** Who has the wanted address by now, where somebody had it. */
async function holderNow({ tools, claim }: RunContext, { holder, wanted, rows }: Attempt) {
  if (holder === null || wanted.address === null) return {};
  const own = rows.map(({ id }) => id);
  return { holder: await holderOfAddress(tools.db, claim.account, wanted.address, own) };
}

function shortList({ rules: { title } }: Attempt): Failure {
  const message = `${title} lists under half of the accounts that are known: nobody counts as gone before an operator confirms the list (drift --believe).`;
  return { error: { code: 'SHORT_LIST', message, at: 0 }, retryAt: null, op: null, row: null, address: null };
}
