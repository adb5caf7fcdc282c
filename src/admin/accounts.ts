import type { Account, AccountState } from '../core/account.ts';
import type { Delivery, DeliveryResult } from '../core/delivery.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Task } from '../core/task.ts';
import { inTransaction } from '../store/database.ts';
import { listDeliveries as listStoredDeliveries } from '../store/delivery/history.ts';
import { listTasks } from '../store/delivery/tasks.ts';
import { listAccounts as listStored, type NamedAccount } from '../store/worklist/list.ts';
import { retryAccount as retryStored } from '../store/worklist/retry.ts';
import { type Operator, record, requireConnection } from './operator.ts';

/** One account with what explains its state. */
export interface AccountDetail extends NamedAccount {
  openTasks: Task[];
  /** Newest first, a few. */
  deliveries: Delivery[];
}

const SHOWN_DELIVERIES = 5;

/** Oldest first. `match`: an account's id, its User's id, userName or its address. */
export async function listAccounts(
  operator: Operator,
  connectionId: ConnectionId,
  filter: { state?: AccountState; match?: string; limit: number },
): Promise<NamedAccount[]> {
  await requireConnection(operator.db, connectionId);
  return listStored(operator.db, connectionId, filter);
}

/** The one account that `match` names, of a User who moves the one that the move begins at; throws OperatorError for none and for several. */
export async function findAccount(
  operator: Operator,
  connectionId: ConnectionId,
  match: string,
): Promise<NamedAccount> {
  const all = await listAccounts(operator, connectionId, { match, limit: 10 });
  const found = all.filter(
    ({ account }) => account.id === match || !all.some((own) => movesFrom(own, account)),
  );
  const [first, second] = found;
  if (first === undefined) {
    throw new OperatorError(
      `The connection "${connectionId}" has no account of ${JSON.stringify(match)}. List them with "causeway account list ${connectionId}".`,
    );
  }
  if (second === undefined) return first;
  const ids = found.map(({ account }) => account.id).join(', ');
  throw new OperatorError(`Several accounts go by ${JSON.stringify(match)}. Name one by its id: ${ids}.`);
}

function movesFrom({ account: own }: NamedAccount, { kind, role, resourceId }: Account): boolean {
  return role === 'next' && own.role === 'current' && own.kind === kind && own.resourceId === resourceId;
}

export async function showAccount(
  operator: Operator,
  connectionId: ConnectionId,
  match: string,
): Promise<AccountDetail> {
  const found = await findAccount(operator, connectionId, match);
  const accountId = found.account.id;
  const { db } = operator;
  return {
    ...found,
    openTasks: await listTasks(db, connectionId, { accountId, state: 'open' }),
    deliveries: await listStoredDeliveries(db, connectionId, { accountId, limit: SHOWN_DELIVERIES }),
  };
}

/** Makes the account due now as a new version, whatever stopped it; throws OperatorError for one that is only observed. */
export async function retryAccount(
  operator: Operator,
  connectionId: ConnectionId,
  match: string,
): Promise<NamedAccount> {
  const found = await findAccount(operator, connectionId, match);
  const { id, state } = found.account;
  if (state === 'observed') {
    throw new OperatorError(
      'This account is only observed: nothing is delivered to it before the identity provider writes its User.',
    );
  }
  const now = operator.clock.now();
  await inTransaction(operator.db, async (tx) => {
    await retryStored(tx, connectionId, id, { requestId: operator.actor, now });
    const target = `account ${id}`;
    await record(operator, tx, now, { action: 'account.retry', connectionId, target, detail: { state } });
  });
  return found;
}

/** Newest first; `match` as in `listAccounts`. */
export async function listDeliveries(
  operator: Operator,
  connectionId: ConnectionId,
  filter: { match?: string; result?: DeliveryResult; limit: number },
): Promise<Delivery[]> {
  const { match, ...rest } = filter;
  await requireConnection(operator.db, connectionId);
  if (match === undefined) return listStoredDeliveries(operator.db, connectionId, rest);
  const { account } = await findAccount(operator, connectionId, match);
  return listStoredDeliveries(operator.db, connectionId, { ...rest, accountId: account.id });
}
