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

/**
 * Since when (epoch ms) the vendor's oldest suspension or removal is not confirmed; vendors without any are absent. A retry moves
 * `due_at`, so the first attempt counts where there was one.
 */
export async function oldestUnsettledLeavers(db: Database): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('accounts')
    .innerJoin('connections', 'connections.id', 'accounts.connection_id')
    .leftJoin('deliveries', (join) =>
      join
        .onRef('deliveries.connection_id', '=', 'accounts.connection_id')
        .onRef('deliveries.account_id', '=', 'accounts.id')
        .onRef('deliveries.to_version', '>', 'accounts.settled_version'),
    )
    .where('accounts.rank', '=', 0)
    .where((eb) =>
      eb.or([eb('accounts.due_at', 'is not', null), eb('accounts.claimed_version', 'is not', null)]),
    )
    .groupBy(['accounts.connection_id', 'accounts.id', 'connections.vendor'])
    .select((eb) => [
      'connections.vendor',
      eb.fn
        .coalesce(
          eb.fn.min('deliveries.started_at'),
          eb.fn.min('accounts.claimed_at'),
          eb.fn.min('accounts.due_at'),
        )
        .as('since'),
    ])
    .execute();
  const oldest = new Map<string, number>();
  for (const { vendor, since } of rows) {
    if (since !== null) oldest.set(vendor, Math.min(since, oldest.get(vendor) ?? since));
  }
  return oldest;
}
