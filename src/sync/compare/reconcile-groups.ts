import type { Account, VendorAccount } from '../../core/account.ts';
import { amendAccount } from '../../store/reconciliation.ts';
import { listAccounts, type NamedAccount } from '../../store/worklist/list.ts';
import type { DeliveryTools, LiveTools } from '../delivery/tools.ts';
import type { Finding } from './finding.ts';

/** Mirrored groups that one connection can have compared. */
const MOST = 100_000;

/** The vendor's groups; none where they are not mirrored. */
export function listGroups({ connection }: DeliveryTools, { session }: LiveTools): Promise<VendorAccount[]> {
  if (connection.policies.groups !== 'mirror' || session.groups === undefined) return Promise.resolve([]);
  return Array.fromAsync(session.groups.list());
}

/** Compares mirrored Groups with the vendor's: gone in two lists in a row, or under another title. */
export async function reconcileGroups(
  tools: DeliveryTools,
  groups: readonly VendorAccount[],
  startedAt: number,
  isSettledBefore: (account: Account, startedAt: number) => boolean,
): Promise<Finding[]> {
  const { db, connection, clock } = tools;
  if (connection.policies.groups !== 'mirror') return [];
  const listed = new Map(groups.map((group) => [group.id, group]));
  const findings: Finding[] = [];
  const repair = connection.policies.drift === 'repair';
  for (const named of await listAccounts(db, connection.id, { kind: 'group', limit: MOST })) {
    const { account } = named;
    if (account.vendorId === null || !isSettledBefore(account, startedAt)) continue;
    const actual = listed.get(account.vendorId);
    const again = repair ? { deliver: 'now' as const } : {};
    if (actual === undefined && account.missingSince === null) {
      await amendAccount(db, account, { missingSince: startedAt }, clock.now());
    } else if (actual === undefined) {
      await amendAccount(
        db,
        account,
        repair ? { actual: null, missingSince: null, ...again } : {},
        clock.now(),
      );
      findings.push(finding('missing', named, repair));
    } else if (named.name !== null && actual.address !== named.name) {
      await amendAccount(db, account, { actual, missingSince: null, ...again }, clock.now());
      findings.push(finding('changed', named, repair));
    } else if (account.missingSince !== null) {
      await amendAccount(db, account, { missingSince: null }, clock.now());
    }
  }
  return findings;
}

function finding(kind: string, { account, name }: NamedAccount, repaired: boolean): Finding {
  const note = `the group ${name ?? account.address ?? account.id}`;
  return { kind, address: account.address, user: null, accountId: account.id, repaired, note };
}
