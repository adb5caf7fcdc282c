/** What a delivery of one account would do now; nothing is changed to find out. */
import type { Presence, VendorAccount } from '../../core/account.ts';
import type { FieldValue } from '../../core/field.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import type { DeliveryTools } from '../calls/open-session.ts';
import { playOut } from '../delivery/foresee.ts';
import { beginAttempt, NO_DOUBTS } from '../delivery/io/begin.ts';
import { PLAYED } from '../delivery/look.ts';
import type { Attempt, Move, Seen } from '../delivery/state.ts';

/** One field as a step would change it; `why` says where the new value comes from. */
export interface PreviewField {
  field: string;
  before: FieldValue | null;
  after: FieldValue;
  why: string;
}

export interface PreviewStep {
  step: string;
  /** What to read of it beyond its fields: an address, a task, a reason. */
  text: string | null;
  fields: PreviewField[];
}

export interface Preview {
  accountId: string;
  /** The userName; of a deleted User, what is known of the account. */
  name: string;
  /** Null where the mapping gives nothing that the vendor takes. */
  wanted: Presence | null;
  /** None: nothing to do. A refusal is a step. */
  steps: PreviewStep[];
}

/** What stands at the vendor under an id or an address. */
export type Actuals = (key: { id: string | null; address: string }) => VendorAccount | 'absent' | 'several';

/** Plays one account without a delivery; `actuals` null: the vendor is taken to have what it is known to have. */
export async function previewAccount(
  tools: DeliveryTools,
  claim: Claim,
  actuals: Actuals | null,
): Promise<Preview> {
  const { account, user } = claim;
  const about = { accountId: account.id, name: user?.userName ?? account.address ?? account.id };
  const first = await beginAttempt(tools, claim, NO_DOUBTS);
  if (first.refusal !== null) return { ...about, wanted: null, steps: [refusal(first.refusal)] };
  const wanted = first.wanted.presence;
  if (account.state === 'observed') return { ...about, wanted, steps: [] };
  const known: Actuals = ({ id }) => (id === null ? 'absent' : (account.actual ?? 'absent'));
  const { attempt, end } = playOut(first, (look) => see(first, look, actuals ?? known));
  const steps = attempt.steps.map((step) => showStep(step, attempt, account.address));
  const tasks = attempt.tasks.map(({ wish }) => ({ step: 'task', text: wish.title, fields: [] }));
  const refused = end.error !== null && end.give === 'settle' ? [refusal(end.error.message)] : [];
  return { ...about, wanted, steps: [...steps, ...tasks, ...refused] };
}

function see({ now }: Attempt, { id, address }: Extract<Move, { do: 'look' }>, actuals: Actuals): Seen {
  const found = actuals({ id, address });
  const seen = { ...PLAYED, begun: now };
  return typeof found === 'string'
    ? { ...seen, is: found }
    : { ...seen, is: 'present', account: found, holder: null };
}

function refusal(reason: string): PreviewStep {
  return { step: 'refuse', text: reason, fields: [] };
}

function showStep(step: JsonObject, attempt: Attempt, known: string | null): PreviewStep {
  const name = String(step['step']);
  const { fields } = step;
  const text = step['address'] ?? step['title'] ?? (name === 'update' ? null : known);
  return {
    step: name,
    text: typeof text === 'string' ? text : null,
    fields: isJsonObject(fields)
      ? createdFields(fields, attempt)
      : ((fields ?? []) as unknown as PreviewField[]),
  };
}

function createdFields(fields: JsonObject, { wanted }: Attempt): PreviewField[] {
  return Object.entries(fields).map(([field, after]) => {
    return { field, before: null, after: after as FieldValue, why: wanted.fields[field]?.from ?? 'default' };
  });
}
