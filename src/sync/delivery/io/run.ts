/** Carries out what the step machine says: the only place of a delivery that does anything. */
import type { RowState } from '../../../core/account.ts';
import { VendorError } from '../../../core/errors.ts';
import { holderOfAddress } from '../../../store/delivery/holder.ts';
import { AccountTaken, type IntentFacts } from '../../../store/delivery/intents.ts';
import { takeOver } from '../../../store/delivery/take-over.ts';
import { UniqueViolation } from '../../../store/errors.ts';
import type { Claim } from '../../../store/worklist/claim.ts';
import { rowState } from '../../../store/worklist/row.ts';
import type { Told } from '../../calls/caller.ts';
import type { DeliveryTools } from '../../calls/open-session.ts';
import { admit, type NotAdmitted } from '../admit.ts';
import { mainRow } from '../rows.ts';
import type { Attempt, CallMove, End, Event, Move } from '../state.ts';
import { step } from '../step.ts';
import { act } from './act.ts';
import type { RunContext } from './context.ts';
import { failureOf } from './failure.ts';
import { lookUp } from './look-up.ts';
import { renamed, toStore } from './stored.ts';

/** What became of an attempt before its end is written. */
export interface Ran {
  attempt: Attempt;
  end: End;
  /** The rows as they are stored. */
  stored: RowState[];
  retryAt: number | null;
}

/** The claim is another's by now: nothing more is done or written. */
export class ClaimLost extends Error {
  override name = 'ClaimLost';
}

/** More moves than any attempt needs: an element a call, and a look before each. */
const MOST = 10_000;

/** Throws what the store throws, and defects; an intent that was written stays open then. */
export async function run(context: RunContext, first: Attempt): Promise<Ran> {
  const { account, next } = context.claim;
  let stored: RowState[] = [account, ...(next === null ? [] : [next])].map(rowState);
  let retryAt: number | null = null;
  let turn = step(first, { on: 'claimed' });
  for (let moves = 0; moves < MOST; moves += 1) {
    const { attempt, move } = turn;
    if (move.do === 'end') return { attempt, end: move.end, stored, retryAt };
    const done = await perform(context, attempt, move, stored);
    stored = done.stored;
    if ('failure' in done.event && done.event.failure !== null)
      retryAt = done.event.failure.retryAt ?? retryAt;
    turn = step({ ...done.attempt, now: context.tools.clock.steady() }, done.event);
  }
  throw new Error('The attempt does not end.');
}

interface Done {
  attempt: Attempt;
  event: Event;
  stored: RowState[];
}

async function perform(
  context: RunContext,
  attempt: Attempt,
  move: Exclude<Move, { do: 'end' }>,
  stored: RowState[],
): Promise<Done> {
  switch (move.do) {
    case 'look':
      return { attempt, event: await lookUp(context, attempt, move), stored };
    case 'take':
      return take(context, attempt, move, stored);
    case 'call':
      return call(context, attempt, move, stored);
  }
}

function ids({ rows }: Attempt): string[] {
  return rows.map(({ id }) => id);
}

async function take(
  { tools, claim }: RunContext,
  attempt: Attempt,
  { holder, into }: Extract<Move, { do: 'take' }>,
  stored: RowState[],
): Promise<Done> {
  const now = tools.clock.now();
  const took = await takeOver(tools.db, {
    claim,
    before: stored,
    after: toStore(attempt),
    holder,
    into,
    now,
  });
  if (took === 'lost') throw new ClaimLost();
  if (took === null) return { attempt, event: await takenAnew(tools, claim, attempt), stored };
  const row = { ...took.taken, lookFrom: attempt.claimed, hasTask: false };
  const rows = attempt.rows.filter(({ id }) => took.rows.some((one) => one.id === id));
  return { attempt: { ...attempt, rows }, event: { on: 'taken-over', row }, stored: took.rows };
}

/** What was found and could not be written is not known: the attempt knows what is stored. */
function begunAnew(attempt: Attempt, stored: readonly RowState[]): Attempt {
  const rows = stored.map((state) => {
    const { lookFrom = null, hasTask = false } = attempt.rows.find(({ id }) => id === state.id) ?? {};
    return { ...state, lookFrom: state.known.intent === null ? null : lookFrom, hasTask };
  });
  const { steps } = attempt.calling ?? attempt;
  if (stored[0]?.known.vendorId != null) return { ...attempt, rows, steps, calling: null };
  const isAdoption = (name: unknown) => name === 'adopt';
  return {
    ...attempt,
    rows,
    steps: steps.filter(({ step }) => !isAdoption(step)),
    changes: attempt.changes.filter((change) => !isAdoption(change)),
    calling: null,
  };
}

/** Somebody else has the address or the account by now. */
async function takenAnew({ db }: DeliveryTools, claim: Claim, attempt: Attempt): Promise<Event> {
  const { address } = attempt.wanted;
  const holder = address === null ? null : await holderOfAddress(db, claim.account, address, ids(attempt));
  return { on: 'not-admitted', why: 'taken', holder, reason: null };
}

async function call(
  context: RunContext,
  attempt: Attempt,
  move: CallMove,
  stored: RowState[],
): Promise<Done> {
  const { live, tools, claim } = context;
  const asked = { write: writeOf(context, attempt, move, stored), freshUntil: move.freshUntil };
  const { call: planned } = move.intent;
  let told: Told<NotAdmitted>;
  try {
    told =
      planned.op === 'create' && attempt.rules.kind === 'user'
        ? await live.caller.create(asked, { address: planned.address, fields: planned.fields }, attempt.alone)
        : await live.caller.call(asked, (session) => act(session, attempt, move));
  } catch (error) {
    if (!(error instanceof AccountTaken || error instanceof UniqueViolation)) throw error;
    return { attempt: begunAnew(attempt, stored), event: await takenAnew(tools, claim, attempt), stored };
  }
  return hear(context, attempt, move, stored, told);
}

function writeOf({ tools, live, claim }: RunContext, attempt: Attempt, move: CallMove, stored: RowState[]) {
  const { loses, lastOf, intent } = move;
  const { policies } = tools.connection;
  const released = mainRow(attempt).held?.state === 'released';
  const address = move.account?.address ?? mainRow(attempt).known.address ?? '';
  return {
    claim,
    before: stored,
    after: toStore(attempt),
    row: move.row,
    address: intent.call.op === 'create' ? intent.call.address : null,
    counts: loses === null ? null : { released },
    policies,
    others: lastOf === null ? null : live.lookup.othersInRole(lastOf, move.account?.id ?? ''),
    decide: (facts: IntentFacts) => admit(move, { ...facts, title: tools.vendor.title, address }),
    now: tools.clock.now(),
  };
}

async function hear(
  context: RunContext,
  before: Attempt,
  move: CallMove,
  stored: RowState[],
  told: Told<NotAdmitted>,
): Promise<Done> {
  switch (told.kind) {
    case 'claim-lost':
      throw new ClaimLost();
    case 'stale':
      return {
        attempt: before,
        event: { on: 'not-admitted', why: 'stale', holder: null, reason: null },
        stored,
      };
    case 'not-admitted': {
      const { why, holder, reason } = told.refusal;
      return { attempt: before, event: { on: 'not-admitted', why, holder, reason }, stored };
    }
    case 'not-called': {
      const event: Event = { on: 'not-admitted', why: 'not-called', holder: null, reason: told.message };
      return { attempt: renamed(before, told.rows), event, stored: told.rows };
    }
    case 'answered': {
      if (move.lastOf !== null && move.account !== null) context.live.lookup.noteLost(move.account.id);
      const attempt = renamed(before, told.rows);
      return { attempt, event: { on: 'answered', account: told.account }, stored: told.rows };
    }
    case 'failed':
      return hearFailure(context, renamed(before, told.rows), move, told);
  }
}

/** Lost is UNCERTAIN alone, a defect while a call was under way, and a check that failed after a yes. */
async function hearFailure(
  context: RunContext,
  attempt: Attempt,
  move: CallMove,
  { error, begun, together, rows }: Extract<Told<NotAdmitted>, { kind: 'failed' }>,
): Promise<Done> {
  const row = attempt.calling?.row ?? move.row;
  const address = move.intent.call.op === 'create' ? move.intent.call.address : null;
  const known = error instanceof VendorError ? await context.confirm(error) : error;
  const failure = { ...failureOf(known, move.intent.call.op, attempt), row, address };
  const answered = known instanceof VendorError && known.answered;
  if (!(known instanceof VendorError) || known.code === 'UNCERTAIN' || answered) {
    context.doubt(row, begun);
    if (move.lastOf !== null && move.account !== null) context.live.lookup.noteLost(move.account.id);
    return { attempt, event: { on: 'lost', failure, begun, answered }, stored: rows };
  }
  const without = [...known.without];
  return { attempt, event: { on: 'refused', failure, together, without }, stored: rows };
}
