import { type Operator, requireVendor } from '../admin/operator.ts';
import type { Connection } from '../core/connection.ts';
import { VendorError } from '../core/errors.ts';
import type { AccountId } from '../core/ids.ts';
import { sameJson } from '../core/json.ts';
import type { Mapping } from '../core/mapping.ts';
import type { Claim } from '../store/worklist/claim.ts';
import { readWantedOf, readWantedPage } from '../store/worklist/list.ts';
import { createAccountList } from '../sync/calls/account-list.ts';
import { type DeliveryTools, openDeliveryTools, TIMINGS } from '../sync/calls/open-session.ts';
import { type Actuals, type Preview, previewAccount } from '../sync/compare/preview.ts';

/** What deliveries would do. */
export interface PlanReport {
  /** Accounts looked at. */
  accounts: number;
  /** False: there are more accounts than were looked at. */
  complete: boolean;
  /** Those that something would be done to. */
  changed: Preview[];
  /** What to know about how it was found out; null: nothing. */
  note: string | null;
}

/** More than this many accounts are not looked at: the report is for a person to read. */
const MAX_ACCOUNTS = 10_000;
const PAGE = 500;

/** The plan of every User's account, against the vendor's list as it is now; as last known where that cannot be read. */
export async function planConnection(operator: Operator, connection: Connection): Promise<PlanReport> {
  const tools = await openTools(operator, connection);
  const { actuals, note } = await presentActuals(tools);
  const report = await collectPreviews(operator, connection, async (claim) => {
    const preview = await previewAccount(tools, claim, actuals);
    return preview.steps.length === 0 ? null : preview;
  });
  return { ...report, note };
}

/** The plan of one account, changed or not. */
export async function planAccount(
  operator: Operator,
  connection: Connection,
  accountId: AccountId,
): Promise<PlanReport> {
  const tools = await openTools(operator, connection);
  const claims = await readWantedOf(operator.db, wantedQuery(connection), accountId);
  const { actuals, note } = await presentActuals(tools);
  const changed: Preview[] = [];
  for (const claim of claims) changed.push(await previewAccount(tools, claim, actuals));
  return { accounts: claims.length, complete: true, changed, note };
}

/** The accounts that another mapping would change, by what the vendor said of them last; no call is made. */
export async function compareMapping(
  operator: Operator,
  connection: Connection,
  mapping: Mapping,
): Promise<PlanReport> {
  const silent = { ...connection, dryRun: true };
  const present = await openTools(operator, silent);
  const proposed = await openTools(operator, { ...silent, mapping });
  const report = await collectPreviews(operator, connection, async (claim) => {
    const before = await previewAccount(present, claim, null);
    const after = await previewAccount(proposed, claim, null);
    return sameJson(before.steps, after.steps) ? null : after;
  });
  return { ...report, note: null };
}

async function collectPreviews(
  operator: Operator,
  connection: Connection,
  look: (claim: Claim) => Promise<Preview | null>,
): Promise<Omit<PlanReport, 'note'>> {
  const changed: Preview[] = [];
  let accounts = 0;
  let afterId: string | null = null;
  for (;;) {
    const page: Claim[] = await readWantedPage(operator.db, wantedQuery(connection), afterId, PAGE);
    if (page.length === 0) return { accounts, complete: true, changed };
    if (accounts >= MAX_ACCOUNTS) return { accounts, complete: false, changed };
    for (const claim of page) {
      const preview = await look(claim);
      if (preview !== null) changed.push(preview);
    }
    accounts += page.length;
    afterId = page.at(-1)?.account.id ?? afterId;
  }
}

const DRY_RUN_NOTE = 'The connection is in dry-run: the vendor is taken to be as Causeway last knew it.';

/** The vendor's list as it is now; null where it cannot be read. */
async function presentActuals(
  tools: DeliveryTools,
): Promise<{ actuals: Actuals | null; note: string | null }> {
  if (tools.live === null) return { actuals: null, note: DRY_RUN_NOTE };
  try {
    const list = createAccountList('user', await Array.fromAsync(tools.live.session.list()));
    return { actuals: (key) => list.find(key), note: null };
  } catch (error) {
    return { actuals: null, note: unreadable(tools, error) };
  }
}

function unreadable(tools: DeliveryTools, error: unknown): string {
  if (!(error instanceof VendorError)) throw error;
  return `${tools.vendor.title} could not be read (${error.message}), so this goes by what it said last.`;
}

function wantedQuery({ id, policies }: Connection) {
  return { connectionId: id, mirrored: policies.groups === 'mirror' };
}

async function openTools(operator: Operator, connection: Connection): Promise<DeliveryTools> {
  const { tools } = await openDeliveryTools({
    ...operator,
    connection,
    vendor: requireVendor(connection.vendor),
    observe: { delivered() {}, vendorCall() {} },
    timings: TIMINGS,
  });
  return tools;
}
