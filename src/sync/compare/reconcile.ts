/** Compares the vendor's whole list, of people and of mirrored groups, with the wanted accounts. */
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
import { readOwners, readWantedPage } from '../../store/worklist/list.ts';
import type { ReadList } from '../calls/lists.ts';
import type { DeliveryTools, LiveTools } from '../calls/open-session.ts';
import { compareAccount, type Judgement } from './compare-account.ts';
import type { Finding } from './finding.ts';

const PAGE = 500;
/** Findings kept of one comparison. */
const KEPT_FINDINGS = 1000;

/**
 * An account is judged only if nothing of it was under way since the list began; a list with under half of the accounts known before
 * changes nothing.
 */
export async function reconcile(tools: DeliveryTools, live: LiveTools, log: Log): Promise<Reconciliation> {
  const { db, clock, connection } = tools;
  const startedAt = clock.now();
  const end = async (result: Reconciliation['result'], listed: number, report: JsonObject) => {
    const ended = { connectionId: connection.id, startedAt, endedAt: clock.now(), result, listed, report };
    await insertReconciliation(db, ended);
    return ended;
  };
  let lists: ReadLists;
  try {
    lists = await readLists(tools, live);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(
      { connection: connection.id, alert: 'list-failed', reason },
      'The vendor’s list could not be read.',
    );
    return end('failed', 0, { reason });
  }
  for (const [kind, read] of Object.entries(lists) as [Account['kind'], ReadList | null][]) {
    if (read?.isShort !== true) continue;
    const known = await countPresent(db, connection.id, kind);
    const what = kind === 'user' ? 'accounts' : 'groups';
    const reason = `${tools.vendor.title} lists ${read.list.size} ${what} where ${known} are known: nothing is changed on the word of this list. If it is right, confirm it with "causeway drift ${connection.id} --believe".`;
    log.error(
      { connection: connection.id, alert: 'short-list', reason },
      'The vendor’s list is implausible.',
    );
    return end('short-list', read.list.size, { reason, kind, known });
  }
  const run = { findings: [] as Finding[], creations: 0, startedAt, judged: 0 };
  await compare(tools, 'user', lists.user, run);
  if (lists.group !== null) await compare(tools, 'group', lists.group, run);
  const { findings, judged } = run;
  const listed = lists.user.list.size;
  log.info({ connection: connection.id, listed, judged, findings: findings.length }, 'Reconciliation ended');
  const kept = findings.slice(0, KEPT_FINDINGS) as unknown as JsonObject[];
  return end('complete', listed, { judged, total: findings.length, findings: kept });
}

interface ReadLists {
  user: ReadList;
  group: ReadList | null;
}

async function readLists({ connection, clock }: DeliveryTools, { lookup }: LiveTools): Promise<ReadLists> {
  const from = clock.steady();
  const mirrors = connection.policies.groups === 'mirror' && lookup.groups !== null;
  const user = await lookup.users.after(from);
  return { user, group: mirrors ? ((await lookup.groups?.after(from)) ?? null) : null };
}

interface Run {
  findings: Finding[];
  creations: number;
  judged: number;
  startedAt: number;
}

async function compare(tools: DeliveryTools, kind: Account['kind'], read: ReadList, run: Run): Promise<void> {
  const { db, connection } = tools;
  const owners = await readOwners(db, connection.id, kind);
  const mirrored = connection.policies.groups === 'mirror';
  const query = { connectionId: connection.id, kind, mirrored };
  const named = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const page = await readWantedPage(db, query, after, PAGE);
    for (const claim of page) {
      if (!isSettledBefore(claim.account, run.startedAt)) continue;
      run.judged += 1;
      const judgement = await compareAccount(tools, claim, read, owners);
      if (judgement.kind === 'returned') named.add(judgement.actual.id);
      await act(tools, claim, judgement, run);
    }
    after = page.at(-1)?.account.id ?? null;
    if (after === null) break;
  }
  if (kind === 'group') return;
  for (const account of read.list.all) {
    const owner = owners(kind, account);
    // Who has only its address may know another account as its own.
    const isForeign = owner === null || (owner.by === 'address' && owner.hasAccount);
    if (isForeign && !named.has(account.id)) run.findings.push(foreign(account, read));
  }
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

function foreign(account: VendorAccount, { list }: ReadList): Finding {
  const ambiguous = list.find({ id: null, address: account.address }) === 'several';
  return {
    kind: ambiguous ? 'ambiguous' : 'unmanaged',
    address: account.address,
    user: null,
    accountId: null,
    repaired: false,
    ...(account.protected === undefined ? {} : { note: `${account.address} is ${account.protected}.` }),
  };
}

/** Writes what a judgement means and notes it, if it is a difference. */
async function act(tools: DeliveryTools, claim: Claim, judgement: Judgement, run: Run): Promise<void> {
  const { account } = claim;
  const amendment = amend(tools, claim, judgement, run);
  if (amendment !== null && !(await amendAccount(tools.db, account, amendment, tools.clock.now()))) return;
  const isMissing = judgement.kind === 'missing';
  if (amendment?.deliver === true && isMissing && !judgement.leaving) run.creations += 1;
  const twice = isMissing && account.missingSince !== null;
  const late = judgement.kind === 'accepted' && judgement.leaving;
  const told = judgement.kind === 'changed' || judgement.kind === 'returned' || twice || late;
  const rejected = account.held?.state === 'rejected' ? account.held : null;
  if (!told && rejected === null) return;
  const name = claim.user?.userName ?? null;
  run.findings.push({
    kind: rejected === null ? judgement.kind : 'rejected',
    address: ('actual' in judgement ? judgement.actual?.address : null) ?? account.address,
    user: name,
    accountId: account.id,
    ...('steps' in judgement ? { steps: judgement.steps } : {}),
    ...(rejected === null ? noteOf(claim) : { note: `${rejected.by ?? ''}: ${rejected.reason}` }),
    repaired: amendment?.deliver === true,
  });
}

function noteOf({ account, group }: Claim): { note?: string } {
  if (account.kind === 'user') return {};
  return { note: `the group ${group?.displayName ?? account.address ?? account.id}` };
}

function amend(tools: DeliveryTools, claim: Claim, judgement: Judgement, run: Run): Amendment | null {
  const { drift, repairCreations } = tools.connection.policies;
  const { account } = claim;
  const repair = drift === 'repair' && account.held === null;
  switch (judgement.kind) {
    case 'skip':
      return null;
    case 'due':
      return { deliver: true };
    case 'fine':
      return { row: judgement.row, missingSince: null, tasks: judgement.tasks };
    case 'accepted':
      return { missingSince: null, deliver: true };
    case 'changed':
    case 'returned':
      return { missingSince: null, ...(repair ? { deliver: true as const } : {}) };
    case 'missing':
      // One list may be wrong: absence counts when two in a row agree.
      if (account.missingSince === null) return { missingSince: run.startedAt };
      if (judgement.leaving) return { deliver: true };
      return repair && run.creations < repairCreations ? { deliver: true } : null;
  }
}
