/** From a claim to the state of its attempt. */
import type { Account } from '../../../core/account.ts';
import { holderOfAddress } from '../../../store/delivery/holder.ts';
import type { Claim } from '../../../store/worklist/claim.ts';
import { rowState } from '../../../store/worklist/row.ts';
import type { DeliveryTools } from '../../calls/open-session.ts';
import type { Wanted } from '../../plan/wanted.ts';
import { wantedOfClaim } from '../../plan/wanted-of-claim.ts';
import { type Attempt, BEGINNING, type Moment, type Row, type Rulebook } from '../state.ts';

/** When calls whose outcome is not known can no longer take effect. */
export interface Doubts {
  epoch: number;
  /** From an earlier process or holder: none of its calls began later. */
  earlierFrom: Moment;
  /** Of this process, by row. */
  begun: ReadonlyMap<string, Moment>;
}

export const NO_DOUBTS: Doubts = { epoch: 0, earlierFrom: Number.NEGATIVE_INFINITY, begun: new Map() };

const NOTHING: Wanted = { presence: 'absent', why: 'deleted', address: null, fields: {} };

/** Reads what the User maps to, and who else has that address. */
export async function beginAttempt(tools: DeliveryTools, claim: Claim, doubts: Doubts): Promise<Attempt> {
  const { account } = claim;
  const claimed = tools.clock.steady();
  const mapped =
    account.kind === 'group' ? { wanted: wantedGroup(claim) } : await wantedOfClaim(tools, claim);
  const wanted =
    'wanted' in mapped ? mapped.wanted : { ...NOTHING, presence: 'active' as const, why: 'active' as const };
  const rows = [account, ...(claim.next === null ? [] : [claim.next])].map((one) =>
    rowOf(one, doubts, tools),
  );
  const [main] = rows;
  // A row that was left keeps the address that it was mapped to.
  if (main !== undefined && account.role === 'current' && wanted.address !== null)
    main.mapped = wanted.address;
  const { address } = wanted;
  const isHeld = rows.some(({ known }) => known.address === address);
  const asks = address !== null && wanted.presence === 'active' && account.role === 'current' && !isHeld;
  return {
    looksFirst: account.looksFirst,
    rules: rulebook(tools, account.kind, doubts.epoch),
    claimed,
    now: claimed,
    wanted,
    refusal: 'refusal' in mapped ? mapped.refusal : null,
    awaited: claim.awaitedGroups,
    rows,
    holder: asks
      ? await holderOfAddress(
          tools.db,
          account,
          address,
          rows.map(({ id }) => id),
        )
      : null,
    ...BEGINNING,
  };
}

function wantedGroup({ group, account }: Claim): Wanted {
  if (group === null) return { ...NOTHING, address: account.mapped };
  return { presence: 'active', why: 'active', address: group.displayName, fields: {} };
}

function rowOf(account: Account, doubts: Doubts, { timings }: DeliveryTools): Row {
  const state = rowState(account);
  const { intent } = state.known;
  const begun = doubts.begun.get(account.id);
  const from = begun ?? doubts.earlierFrom;
  const lookFrom =
    intent === null ? null : intent.refusal === undefined ? from + timings.callTimeoutMs : from;
  return { ...state, lookFrom, hasTask: account.openTasks > 0 };
}

function rulebook(
  { connection, vendor, supports, timings, live }: DeliveryTools,
  kind: Account['kind'],
  epoch: number,
): Rulebook {
  return {
    kind,
    title: vendor.title,
    fields: vendor.fields,
    supports,
    policies: connection.policies,
    dryRun: live === null,
    callTimeoutMs: timings.callTimeoutMs,
    ranks: live?.lookup.ranks() ?? {},
    epoch,
  };
}
