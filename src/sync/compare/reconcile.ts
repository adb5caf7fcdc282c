import type { Account, VendorAccount } from '../../core/account.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Log } from '../../core/ports.ts';
import {
  type Amendment,
  amendAccount,
  countPresent,
  insertReconciliation,
  type Reconciliation,
} from '../../store/reconciliation.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import { readWantedPage } from '../../store/worklist/list.ts';
import { createRoster, type Roster } from '../calls/account-list.ts';
import type { DeliveryTools, LiveTools } from '../delivery/tools.ts';
import { type Judgement, judgeAccount } from './compare-account.ts';
import type { Finding } from './finding.ts';
import { listGroups, reconcileGroups } from './reconcile-groups.ts';

const PAGE = 500;
/** Fewer accounts than this tell nothing about a list's plausibility. */
const PLAUSIBLE_FROM = 5;
/** Findings kept of one comparison. */
const KEPT_FINDINGS = 1000;

/**
 * Compares the vendor's whole list with the wanted accounts. An account is judged only if nothing of it was under way since the
 * list began; a list with under half of the accounts known before changes nothing.
 */
export async function reconcile(tools: DeliveryTools, live: LiveTools, log: Log): Promise<Reconciliation> {
  const { db, clock, connection } = tools;
  const startedAt = clock.now();
  const end = async (result: Reconciliation['result'], listed: number, report: JsonObject) => {
    const reconciliation = {
      connectionId: connection.id,
      startedAt,
      endedAt: clock.now(),
      result,
      listed,
      report,
    };
    await insertReconciliation(db, reconciliation);
    return reconciliation;
  };
  let roster: Roster;
  let groups: VendorAccount[];
  try {
    roster = createRoster(await Array.fromAsync(live.session.list()));
    groups = await listGroups(tools, live);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(
      { connection: connection.id, alert: 'list-failed', reason },
      'The vendor’s list could not be read.',
    );
    return end('failed', 0, { reason });
  }
  const known = await countPresent(db, connection.id);
  if (known >= PLAUSIBLE_FROM && roster.size < known / 2) {
    const reason = `${tools.vendor.title} lists ${roster.size} accounts where ${known} are known: nothing is changed on the word of this list.`;
    log.error(
      { connection: connection.id, alert: 'short-list', reason },
      'The vendor’s list is implausible.',
    );
    return end('short-list', roster.size, { reason });
  }
  const { findings, judged } = await compare(tools, roster, startedAt);
  findings.push(...(await reconcileGroups(tools, groups, startedAt, isSettledBefore)));
  log.info(
    { connection: connection.id, listed: roster.size, judged, findings: findings.length },
    'Reconciliation ended',
  );
  return end('complete', roster.size, {
    judged,
    total: findings.length,
    findings: findings.slice(0, KEPT_FINDINGS) as unknown as JsonObject[],
  });
}

async function compare(
  tools: DeliveryTools,
  roster: Roster,
  startedAt: number,
): Promise<{ findings: Finding[]; judged: number }> {
  const { db, connection } = tools;
  const run = { findings: [] as Finding[], creations: 0, startedAt };
  const matched = new Set<string>();
  const query = { connectionId: connection.id, mirrored: connection.policies.groups === 'mirror' };
  let judged = 0;
  let after: string | null = null;
  for (;;) {
    const page = await readWantedPage(db, query, after, PAGE);
    for (const claim of page) {
      const { account } = claim;
      const listed = roster.match({ id: account.vendorId, address: account.address });
      if (listed !== undefined) matched.add(listed.id);
      if (!isSettledBefore(account, startedAt)) continue;
      judged += 1;
      const judgement = await judgeAccount(tools, claim, roster);
      if (judgement.kind === 'returned') matched.add(judgement.actual.id);
      await act(tools, claim, judgement, run);
    }
    after = page.at(-1)?.account.id ?? null;
    if (after === null) break;
  }
  for (const account of roster.all) {
    if (!matched.has(account.id)) run.findings.push(foreign(account, roster));
  }
  return { findings: run.findings, judged };
}

/** Nothing of it was under way or ended since the list began. */
function isSettledBefore(account: Account, startedAt: number): boolean {
  return (
    account.claimedVersion === null &&
    account.settledVersion === account.wantedVersion &&
    account.dueAt === null &&
    (account.settledAt ?? 0) < startedAt
  );
}

function foreign(account: VendorAccount, roster: Roster): Finding {
  const ambiguous = roster.ambiguous.includes(account);
  return {
    kind: ambiguous ? 'ambiguous' : 'unmanaged',
    address: account.address,
    user: null,
    accountId: null,
    repaired: false,
    ...(account.protected === undefined ? {} : { note: `${account.address} is ${account.protected}.` }),
  };
}

interface Run {
  findings: Finding[];
  creations: number;
  startedAt: number;
}

/** Writes what a judgement means and notes it, if it is a difference. */
async function act(tools: DeliveryTools, claim: Claim, judgement: Judgement, run: Run): Promise<void> {
  const { account, user } = claim;
  const amendment = amend(tools, claim, judgement, run);
  if (amendment !== null && !(await amendAccount(tools.db, account, amendment, tools.clock.now()))) return;
  if (amendment?.deliver !== undefined && judgement.kind === 'missing' && wantsActive(claim))
    run.creations += 1;
  const twice = judgement.kind === 'missing' && account.missingSince !== null;
  const late = judgement.kind === 'accepted' && !wantsActive(claim);
  const told = judgement.kind === 'changed' || judgement.kind === 'returned' || twice || late;
  const rejected = account.guard?.decision === 'rejected';
  if (!told && !rejected) return;
  run.findings.push({
    kind: rejected ? 'rejected' : judgement.kind,
    address: 'actual' in judgement ? judgement.actual.address : account.address,
    user: user?.userName ?? null,
    accountId: account.id,
    ...('steps' in judgement ? { steps: judgement.steps } : {}),
    ...(rejected ? { note: `${account.guard?.by ?? ''}: ${account.guard?.reason ?? ''}` } : {}),
    repaired: amendment?.deliver !== undefined,
  });
}

function amend(tools: DeliveryTools, claim: Claim, judgement: Judgement, run: Run): Amendment | null {
  const { drift, repairCreations } = tools.connection.policies;
  const repair = drift === 'repair' && claim.account.guard?.decision !== 'rejected';
  switch (judgement.kind) {
    case 'skip':
      return null;
    case 'retry':
      return { deliver: 'now' };
    case 'fine':
      return { actual: judgement.actual, missingSince: null, tasks: judgement.tasks };
    case 'accepted':
      return { actual: judgement.actual, missingSince: null, tasks: judgement.tasks, deliver: 'now' };
    case 'changed':
      return {
        actual: judgement.actual,
        missingSince: null,
        tasks: judgement.tasks,
        ...(repair && claim.account.state !== 'held' ? { deliver: 'now' as const } : {}),
      };
    case 'returned':
      return repair ? { deliver: { lookAt: judgement.actual.address } } : null;
    case 'missing':
      // One list may be wrong: absence counts when two in a row agree.
      if (claim.account.missingSince === null) return { missingSince: run.startedAt };
      if (!wantsActive(claim)) return { actual: null, missingSince: null, tasks: [], deliver: 'now' };
      return repair && run.creations < repairCreations
        ? { actual: null, missingSince: null, deliver: 'now' }
        : null;
  }
}

function wantsActive({ user }: Claim): boolean {
  return user !== null && user.document['active'] !== false;
}
