import type { Database } from './database.ts';

/** Accounts whose delivery is due, now or at a later retry, by vendor; vendors without any are absent. */
export async function countDueAccounts(db: Database): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('accounts')
    .innerJoin('connections', 'connections.id', 'accounts.connection_id')
    .where('accounts.due_at', 'is not', null)
    .where('accounts.claimed_version', 'is', null)
    .groupBy('connections.vendor')
    .select((eb) => ['connections.vendor', eb.fn.countAll<number>().as('count')])
    .execute();
  return new Map(rows.map(({ vendor, count }) => [vendor, Number(count)]));
}

/** Since when (epoch ms) the vendor's oldest suspension or removal is wanted and not settled; vendors without any are absent. */
export async function oldestUnsettledLeavers(db: Database): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('accounts')
    .innerJoin('connections', 'connections.id', 'accounts.connection_id')
    .where('accounts.rank', '=', 0)
    .where((eb) =>
      eb.or([eb('accounts.due_at', 'is not', null), eb('accounts.claimed_version', 'is not', null)]),
    )
    .groupBy('connections.vendor')
    .select((eb) => ['connections.vendor', eb.fn.min('accounts.wanted_at').as('since')])
    .execute();
  return new Map(rows.map(({ vendor, since }) => [vendor, since]));
}
