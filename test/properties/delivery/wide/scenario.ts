/** Histories of a world that does not hold still: strangers, humans at the vendor, operators, every policy. */
import fc from 'fast-check';
import type { Policies } from '../../../../src/core/policy.ts';
import { and, type Happening, happening, PEOPLE, type Scenario, tellHappenings } from '../scenario.ts';

/** Addresses that people are hired at, move to, and that strangers have: `addressOf(who, to)`. */
export const ADDRESSES: readonly (readonly [who: number, to: number])[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
  [2, 0],
  [3, 0],
];
export const TITLES = ['The group', 'Sales', 'TableT8'] as const;

export type Kind = 'ordinary' | 'powerful' | 'protected' | 'pending';

/** What a human does at the vendor; `at`: of `ADDRESSES`. */
export type HandAct =
  | { do: 'hand'; act: 'make'; at: number; kind: Kind }
  | {
      do: 'hand';
      act: 'delete' | 'make anew' | 'promote' | 'protect' | 'suspend' | 're-enable' | 'accept';
      at: number;
    }
  | { do: 'hand'; act: 'rename'; at: number; to: number };

export type OperatorAct =
  /** `truly`: it is done before it is reported done. */
  | { do: 'task'; nth: number; truly: boolean }
  | { do: 'decide'; decision: 'released' | 'rejected' }
  | { do: 'retry'; nth: number }
  | { do: 'dry run'; on: boolean };

export type GroupAct = { do: 'group'; act: 'rename' | 'delete' | 'make'; title: number };

export type WideHappening = Happening | HandAct | OperatorAct | GroupAct;

export interface WideScenario extends Omit<Scenario, 'happenings' | 'strangers'> {
  policies: Pick<Policies, 'adoption' | 'addressChange' | 'removeGroups'>;
  /** The guard stops more than one leaver. */
  guarded: boolean;
  /** Whether the userName is the address. */
  named: 'by address' | 'apart';
  strangers: { at: number; kind: Kind }[];
  happenings: WideHappening[];
}

const at = fc.nat(ADDRESSES.length - 1);
const who = fc.nat(PEOPLE - 1);
const kind = fc.constantFrom<Kind>('ordinary', 'ordinary', 'powerful', 'powerful', 'protected', 'pending');
const of = <T extends string>(...values: T[]) => fc.constantFrom(...values);

const hand: fc.Arbitrary<HandAct> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: of('hand'), act: of('make'), at, kind }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: of('hand'),
      act: of('delete', 'make anew', 'promote', 'protect', 'suspend', 're-enable', 'accept'),
      at,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: of('hand'), act: of('rename'), at, to: at }) },
);

const operator: fc.Arbitrary<OperatorAct> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: of('task'), nth: fc.nat(5), truly: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: of('decide'), decision: of('released', 'released', 'rejected') }) },
  { weight: 2, arbitrary: fc.record({ do: of('retry'), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: of('dry run'), on: fc.boolean() }) },
);

const group: fc.Arbitrary<GroupAct> = fc.record({
  do: of('group'),
  act: of('rename', 'rename', 'delete', 'make', 'make'),
  title: fc.nat(TITLES.length - 1),
});

/** Moves, onto addresses of others too. */
const move: fc.Arbitrary<Happening> = at.chain((index) =>
  fc.record({ do: of('move'), who, and, to: fc.constant(index), pool: fc.constant(true as const) }),
);

function wideHappening(lies: boolean): fc.Arbitrary<WideHappening> {
  return fc.oneof(
    { weight: 12, arbitrary: happening(lies) },
    { weight: 5, arbitrary: move },
    { weight: 4, arbitrary: hand },
    { weight: 3, arbitrary: operator },
    { weight: 1, arbitrary: group },
  );
}

export function wideScenarios(quirks: number, lies: (quirk: number) => boolean): fc.Arbitrary<WideScenario> {
  return fc.nat(quirks - 1).chain((quirk) =>
    fc.record({
      quirk: fc.constant(quirk),
      waitMs: fc.constantFrom(0, 60, 200),
      policies: fc.record({
        adoption: of('adopt', 'adopt', 'refuse', 'refuse', 'unmanaged'),
        addressChange: of('replace', 'replace', 'task', 'refuse'),
        removeGroups: fc.boolean(),
      }),
      guarded: fc.nat(4).map((n) => n === 0),
      named: of('by address', 'apart', 'apart'),
      strangers: fc.uniqueArray(fc.record({ at, kind }), { maxLength: 3, selector: (one) => one.at }),
      happenings: fc.array(wideHappening(lies(quirk)), { minLength: 8, maxLength: 40, size: 'max' }),
    }),
  );
}

/** One line a happening, and then the whole as JSON, for a failure's message. */
export function tellWide(scenario: WideScenario): string {
  const { happenings, ...rest } = scenario;
  return [JSON.stringify(rest), ...tellHappenings(happenings), JSON.stringify(scenario)].join('\n');
}
