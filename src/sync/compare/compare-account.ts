/** What a complete list says of one account: the step machine is given the list and asked for its first move. */
import type { Account, RowState, VendorAccount } from '../../core/account.ts';
import { type JsonObject, sameJson } from '../../core/json.ts';
import type { TaskWish } from '../../core/task.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import type { Owners } from '../../store/worklist/list.ts';
import type { ReadList } from '../calls/lists.ts';
import type { DeliveryTools } from '../calls/open-session.ts';
import { firstMove } from '../delivery/foresee.ts';
import { beginAttempt, NO_DOUBTS } from '../delivery/io/begin.ts';
import { toStore } from '../delivery/io/stored.ts';
import { isHidden } from '../delivery/look.ts';
import { isEmpty, isLeaving, mainRow } from '../delivery/rows.ts';
import type { Attempt, Holder, Move, Row, Seen } from '../delivery/state.ts';

/**
 * fine: as wanted, but for its tasks. changed: somebody changed it at the vendor. accepted: an invitation was accepted, or what was
 * waited for appeared. missing: it is not in the list. returned: a person who was taken out is there again. due: it has to be delivered
 * again, though nothing differs. skip: nothing can be said.
 */
export type Judgement =
  | { kind: 'fine'; row: RowState; tasks: TaskWish[]; actual: VendorAccount | null }
  | {
      kind: 'changed' | 'accepted' | 'returned';
      actual: VendorAccount;
      steps: JsonObject[];
      leaving: boolean;
    }
  | { kind: 'missing'; leaving: boolean }
  | { kind: 'due' | 'skip' };

/** Judges an account that was settled before the list began. */
export async function compareAccount(
  tools: DeliveryTools,
  claim: Claim,
  read: ReadList,
  owners: Owners,
): Promise<Judgement> {
  const { account } = claim;
  if (account.state === 'refused' || account.state === 'conflict') return { kind: 'due' };
  const begun = await beginAttempt(tools, claim, NO_DOUBTS);
  if (begun.refusal !== null) return { kind: 'skip' };
  const first: Attempt = { ...begun, claimed: read.begun, now: read.begun, looksFirst: true };
  if (account.state === 'observed') return observed(first, account, read);
  const { attempt, move } = firstMove(first, (look) => see(look, read, owners, account));
  return judge(account, first, attempt, move, read);
}

/** Nobody but the identity provider may touch it; what the list says of it is known. */
function observed(attempt: Attempt, account: Account, { list }: ReadList): Judgement {
  const actual = list.find({ id: account.vendorId, address: account.address });
  if (typeof actual === 'string') return { kind: 'skip' };
  const [row] = toStore(attempt);
  if (row === undefined) return { kind: 'skip' };
  return { kind: 'fine', row: { ...row, known: { ...row.known, actual } }, tasks: [], actual };
}

function see(
  look: Extract<Move, { do: 'look' }>,
  { begun, ageMs, list }: ReadList,
  owners: Owners,
  account: Account,
): Seen {
  const found = list.find(look);
  const seen = { begun, ageMs, listed: true };
  if (typeof found === 'string') return { ...seen, is: found };
  return { ...seen, is: 'present', account: found, holder: holderOf(owners, account, found) };
}

/** As far as a comparison needs it: whose the account is, not whether it can be had. */
function holderOf(owners: Owners, account: Account, found: VendorAccount): Holder | null {
  const owner = owners(account.kind, found, account.id);
  if (owner === null) return null;
  return {
    id: owner.id,
    role: owner.role,
    by: owner.by,
    name: '',
    owner: owner.observed ? 'observed' : 'active',
    own: owner.resourceId === account.resourceId,
    claimed: false,
    atRest: true,
    intent: 'none',
    held: false,
    circle: false,
    known: true,
    stays: false,
  };
}

function judge(
  account: Account,
  first: Attempt,
  attempt: Attempt,
  move: Exclude<Move, { do: 'look' }>,
  { list }: ReadList,
): Judgement {
  const leaving = isLeaving(first);
  const { known } = mainRow(first);
  const address = known.address ?? mainRow(first).mapped ?? first.wanted.address;
  const actual = list.find({ id: known.vendorId, address });
  const isCall = move.do === 'call';
  const told = { steps: attempt.steps, leaving };
  if (leaving && !first.rows.some(isKnown)) {
    const returned = typeof actual !== 'string' && actual.presence === 'active' && attempt.changes.length > 0;
    return returned ? { kind: 'returned', actual, ...told } : { kind: 'skip' };
  }
  const isMoved = move.do === 'end' && move.end.swap;
  if (isMoved || attempt.changes.length > 0) return { kind: 'due' };
  if (actual === 'absent' && known.vendorId !== null) {
    return isHidden(first, mainRow(first)) ? { kind: 'skip' } : { kind: 'missing', leaving };
  }
  const isNew = sameJson(toStore(first).map(withoutActual), toStore(attempt).map(withoutActual));
  if (move.do === 'end' && isNew) {
    const [row] = toStore(attempt);
    const done = move.end.give === 'settle' && ['in-sync', 'task'].includes(move.end.state);
    if (!done || row === undefined) return { kind: 'skip' };
    const tasks = attempt.tasks.map(({ wish }) => wish);
    return { kind: 'fine', row, tasks, actual: typeof actual === 'string' ? null : actual };
  }
  if (typeof actual === 'string') return { kind: isCall && known.vendorId === null ? 'skip' : 'due' };
  const appeared = known.intent !== null || known.actual?.presence === 'pending' || known.asked !== null;
  if (appeared && actual.presence !== 'pending') return { kind: 'accepted', actual, ...told };
  return isCall && account.vendorId !== null ? { kind: 'changed', actual, ...told } : { kind: 'due' };
}

/** Something is, or may be, at the vendor under the row. */
function isKnown(row: Row): boolean {
  return !isEmpty(row);
}

function withoutActual(row: RowState): RowState {
  return { ...row, told: [], known: { ...row.known, actual: null } };
}
