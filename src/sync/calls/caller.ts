/** Makes calls with effects, in the order of rule 1: the limiter's turn, one transaction, the lease guard, the socket. */
import type { RowState, VendorAccount } from '../../core/account.ts';
import type { Clock } from '../../core/clock.ts';
import type { VendorError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Database } from '../../store/database.ts';
import { type Admission, admitCalls, type IntentWrite } from '../../store/delivery/intents.ts';
import type { CreateOutcome, Session, WantedCreate } from '../../vendor-kit/vendor.ts';
import { collectCalls, presentCollector } from './call-log.ts';
import { type Limiter, NotCalled } from './limiter.ts';

/** One call of one attempt. */
export interface Asked<Refusal> {
  write: IntentWrite<Refusal>;
  /** By the steady clock: the look that it rests on is too old after this; null: it rests on none. */
  freshUntil: number | null;
}

/** `rows`: as they are stored now, with the intent. */
export type Told<Refusal> =
  | { kind: 'stale' | 'claim-lost' }
  | { kind: 'not-admitted'; refusal: Refusal }
  | { kind: 'not-called'; rows: RowState[]; message: string }
  | { kind: 'answered'; rows: RowState[]; account: VendorAccount | null }
  | { kind: 'failed'; rows: RowState[]; error: unknown; begun: number; together: boolean };

/** Throws `AccountTaken`, and what the store throws. */
export interface Caller {
  call<Refusal>(
    asked: Asked<Refusal>,
    act: (session: Session) => Promise<VendorAccount | null>,
  ): Promise<Told<Refusal>>;
  /** In company with others where the vendor takes several a call, unless it is to go `alone`. */
  create<Refusal>(asked: Asked<Refusal>, wanted: WantedCreate, alone: boolean): Promise<Told<Refusal>>;
}

/** A batch leaves when it is full or when its oldest has waited this long for company, ms. */
const COMPANY_MS = 50;

interface Member {
  asked: Asked<unknown>;
  wanted: WantedCreate | null;
  /** Of the delivery that it belongs to. */
  calls: JsonObject[] | undefined;
  resolve(told: Told<unknown>): void;
  reject(error: unknown): void;
}

type Act = (session: Session, members: readonly Member[]) => Promise<CallOutcome[]>;
type CallOutcome = { account: VendorAccount | null } | { error: VendorError; together?: true };

export function createCaller(options: {
  db: Database;
  session: Session;
  limiter: Limiter;
  clock: Clock;
  batch: number;
}): Caller {
  const { db, session, limiter, clock, batch } = options;
  let waiting: Member[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** Whoever may not go is told so and left out; the others go in one call. */
  async function inTurn(all: readonly Member[], act: Act): Promise<void> {
    const now = clock.steady();
    const young = all.filter(({ asked: { freshUntil } }) => freshUntil === null || now <= freshUntil);
    for (const one of all) if (!young.includes(one)) one.resolve({ kind: 'stale' });
    const admitted: { member: Member; rows: RowState[] }[] = [];
    const admissions = await admitCalls(
      db,
      young.map(({ asked }) => asked.write),
    );
    for (const [index, admission] of admissions.entries()) {
      const member = young[index];
      if (member === undefined) continue;
      if (admission.kind === 'admitted') admitted.push({ member, rows: admission.rows });
      else leaveOut(member, admission);
    }
    if (admitted.length === 0) return;
    const begun = clock.steady();
    const { result, calls } = await collectCalls(() =>
      outcomes(
        act,
        admitted.map(({ member }) => member),
      ),
    );
    for (const [index, { member, rows }] of admitted.entries()) {
      if (member.calls !== undefined) member.calls.push(...calls);
      member.resolve(tell(result, index, rows, begun));
    }
  }

  async function outcomes(
    act: Act,
    members: readonly Member[],
  ): Promise<CallOutcome[] | { thrown: unknown }> {
    try {
      return await act(session, members);
    } catch (thrown) {
      return { thrown };
    }
  }

  function run(members: readonly Member[], act: Act): void {
    limiter
      .inTurn(() => inTurn(members, act))
      .catch((error: unknown) => {
        for (const one of members) one.reject(error);
      });
  }

  function leave(): void {
    clearTimeout(timer);
    timer = undefined;
    const members = waiting;
    waiting = [];
    run(members, createAll);
  }

  function ask<Refusal>(asked: Asked<Refusal>, wanted: WantedCreate | null, go: (member: Member) => void) {
    return new Promise<Told<Refusal>>((resolve, reject) => {
      const told = resolve as (told: Told<unknown>) => void;
      go({ asked: asked as Asked<unknown>, wanted, calls: presentCollector(), resolve: told, reject });
    });
  }

  return {
    call: (asked, act) =>
      ask(asked, null, (member) => run([member], async (own) => [{ account: await act(own) }])),
    create: (asked, wanted, alone) =>
      ask(asked, wanted, (member) => {
        if (alone || batch === 1) return run([member], createAll);
        waiting.push(member);
        if (waiting.length >= batch) leave();
        else timer ??= setTimeout(leave, COMPANY_MS);
      }),
  };
}

function leaveOut(member: Member, admission: Exclude<Admission<unknown>, { kind: 'admitted' }>): void {
  if (admission.kind === 'lost') member.resolve({ kind: 'claim-lost' });
  else if (admission.kind === 'clash') member.reject(admission.error);
  else member.resolve({ kind: 'not-admitted', refusal: admission.refusal });
}

async function createAll(session: Session, members: readonly Member[]): Promise<CreateOutcome[]> {
  return session.create(members.flatMap(({ wanted }) => wanted ?? []));
}

function tell(
  result: CallOutcome[] | { thrown: unknown },
  index: number,
  rows: RowState[],
  begun: number,
): Told<unknown> {
  if ('thrown' in result) {
    const { thrown: error } = result;
    if (error instanceof NotCalled) return { kind: 'not-called', rows, message: error.message };
    return { kind: 'failed', rows, error, begun, together: false };
  }
  const outcome = result[index];
  if (outcome === undefined) {
    const error = new Error('The vendor gave no outcome for a create.');
    return { kind: 'failed', rows, error, begun, together: false };
  }
  if ('account' in outcome) return { kind: 'answered', rows, account: outcome.account };
  const { error, together } = outcome;
  return { kind: 'failed', rows, error, begun, together: together === true };
}
