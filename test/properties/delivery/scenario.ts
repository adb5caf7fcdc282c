import fc from 'fast-check';
import type { Spoiling } from './faulty-vendor.ts';

export const PEOPLE = 4;

/** One thing that happens. `and`: the next one begins before it is answered. */
export type Happening =
  | { do: 'create'; who: number; active: boolean; and: boolean }
  | { do: 'change'; who: number; by: 'patch' | 'put'; and: boolean }
  | { do: 'deactivate' | 'reactivate' | 'delete' | 'join' | 'quit' | 'repeat'; who: number; and: boolean }
  /** `pool`: to one of the addresses that all share. */
  | { do: 'move'; who: number; to: number; and: boolean; pool?: true }
  | { do: 'map'; mapping: 0 | 1 }
  | { do: 'spoil'; skip: number; spoiling: Spoiling }
  | { do: 'forget'; who: number }
  | { do: 'accept' | 'reconcile' | 'rest' | 'spare' }
  | { do: 'key dies' | 'key is replaced' }
  | { do: 'pass time'; ms: number }
  | { do: 'kill'; afterMs: number };

export interface Scenario {
  /** Which of the subject's quirks. */
  quirk: number;
  /** How long a push waits for its own delivery. */
  waitMs: number;
  /** Addresses that are at the vendor before anything is pushed. */
  strangers: number[];
  happenings: Happening[];
}

const who = fc.nat({ max: PEOPLE - 1 });
export const and = fc.boolean();

/** Faults that tell the truth: what they say did not happen did not, and what they leave open is open. */
const honest: fc.Arbitrary<Spoiling> = fc.oneof(
  fc.constantFrom<Spoiling>(
    { kind: 'reset-before' },
    { kind: 'reset-after' },
    { kind: 'garbled' },
    { kind: 'slow', delayMs: 300 },
    { kind: 'late', delayMs: 60 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502 },
    { kind: 'status', status: 503, headers: { 'Retry-After': '2' } },
    { kind: 'status', status: 429, headers: { 'Retry-After': '1' } },
    { kind: 'status', status: 429 },
    { kind: 'status', status: 400, body: '{"error":"Not today"}' },
    { kind: 'status', status: 403 },
    { kind: 'unauthorised' },
  ),
);

/** Not true: the account is not there. A vendor that says so of an account it has cannot be worked with at all. */
const lying = fc.constant<Spoiling>({ kind: 'status', status: 409 });

export function happening(lies: boolean): fc.Arbitrary<Happening> {
  const spoiling = lies
    ? fc.oneof({ weight: 6, arbitrary: honest }, { weight: 1, arbitrary: lying })
    : honest;
  const record = fc.record;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: record({
        do: fc.constant('create' as const),
        who,
        active: fc.nat(6).map((n) => n > 0),
        and,
      }),
    },
    {
      weight: 5,
      arbitrary: record({
        do: fc.constant('change' as const),
        who,
        by: fc.constantFrom('patch' as const, 'put' as const),
        and,
      }),
    },
    {
      weight: 10,
      arbitrary: record({
        do: fc.constantFrom(
          'deactivate' as const,
          'reactivate' as const,
          'delete' as const,
          'join' as const,
          'quit' as const,
          'repeat' as const,
        ),
        who,
        and,
      }),
    },
    { weight: 2, arbitrary: record({ do: fc.constant('move' as const), who, to: fc.nat(2), and }) },
    {
      weight: 1,
      arbitrary: record({
        do: fc.constant('map' as const),
        mapping: fc.constantFrom(0 as const, 1 as const),
      }),
    },
    { weight: 8, arbitrary: record({ do: fc.constant('spoil' as const), skip: fc.nat(3), spoiling }) },
    { weight: 1, arbitrary: record({ do: fc.constant('forget' as const), who }) },
    {
      weight: 3,
      arbitrary: record({
        do: fc.constantFrom('accept' as const, 'reconcile' as const, 'rest' as const, 'spare' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: record({ do: fc.constantFrom('key dies' as const, 'key is replaced' as const) }),
    },
    {
      weight: 3,
      arbitrary: record({
        do: fc.constant('pass time' as const),
        ms: fc.constantFrom(500, 5_000, 61_000, 600_000),
      }),
    },
    {
      weight: 3,
      arbitrary: record({ do: fc.constant('kill' as const), afterMs: fc.constantFrom(0, 0, 1, 3, 8, 20) }),
    },
  );
}

export function scenarios(quirks: number, lies: (quirk: number) => boolean): fc.Arbitrary<Scenario> {
  return fc.nat(quirks - 1).chain((quirk) =>
    fc.record({
      quirk: fc.constant(quirk),
      waitMs: fc.constantFrom(0, 60),
      strangers: fc.uniqueArray(who, { maxLength: 1 }),
      happenings: fc.array(happening(lies(quirk)), { minLength: 5, maxLength: 30, size: 'max' }),
    }),
  );
}

/** Whether something happens at the vendor that Causeway did not do, so that only a repair makes the end as wanted. */
export function needsRepair({ strangers, happenings }: Scenario): boolean {
  return strangers.length > 0 || happenings.some((one) => one.do === 'forget');
}

/** One line a happening, for a failure's message. */
export function tell({ quirk, waitMs, strangers, happenings }: Scenario): string {
  const about = `quirk ${quirk}, waitMs ${waitMs}, strangers ${JSON.stringify(strangers)}`;
  return [about, ...tellHappenings(happenings)].join('\n');
}

export function tellHappenings(happenings: readonly object[]): string[] {
  return happenings.map((happening) => `  ${JSON.stringify(happening)}`);
}
