import { EMPTY } from '../../src/core/account.ts';
import type { Connection } from '../../src/core/connection.ts';
import type { IntentFacts, IntentWrite } from '../../src/store/delivery/intents.ts';
import type { Claim } from '../../src/store/worklist/claim.ts';
import { context, createIntent, knowing, rowsOf } from './writing.ts';

export type Refusal = 'taken' | 'held' | 'last-of-role';

/** As the delivery decides: the holder first, then a role's last one, then the guard. */
function decide({ holder, guard, othersInRole }: IntentFacts, others: boolean): Refusal | null {
  if (holder !== null) return 'taken';
  if (others && othersInRole === 0) return 'last-of-role';
  return guard !== null && guard.lost >= guard.limit ? 'held' : null;
}

/** The transaction before a call that creates an account at this address. */
export function intentWrite(connection: Connection, claim: Claim, address: string): IntentWrite<Refusal> {
  return {
    claim,
    before: rowsOf(claim),
    after: knowing(claim, { ...EMPTY, address, intent: createIntent(address) }, { mapped: address }),
    row: claim.account.id,
    address,
    counts: null,
    policies: connection.policies,
    others: null,
    decide: (facts) => decide(facts, false),
    now: context().now,
  };
}

/** The transaction before a call that takes an account away; `others`: who else has the role that goes with it. */
export function removal(
  connection: Connection,
  claim: Claim,
  more: { others?: readonly string[]; released?: boolean; now?: number } = {},
): IntentWrite<Refusal> {
  const { others = null, released = false, now = context().now } = more;
  const { id, epoch } = { id: claim.account.id, epoch: claim.account.claimedEpoch ?? 0 };
  const intent = { version: 1, call: { op: 'remove' }, before: claim.account.actual, epoch } as const;
  return {
    claim,
    before: rowsOf(claim),
    after: rowsOf(claim).map((row) => (row.id === id ? { ...row, known: { ...row.known, intent } } : row)),
    row: id,
    address: null,
    counts: { released },
    policies: connection.policies,
    others,
    decide: (facts) => decide(facts, others !== null),
    now,
  };
}
