import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { KINDS, type Kind, postgresStores } from '../store-contract/stores.ts';
import type { TemporaryStores } from '../unit/store/temporary-store.ts';
import { endPlay } from './delivery/check.ts';
import { beginPlay, happen } from './delivery/play.ts';
import { type Scenario, scenarios, tell } from './delivery/scenario.ts';
import { type Subject, subjects } from './delivery/subjects.ts';
import { endWidePlay } from './delivery/wide/check.ts';
import { beginWidePlay, happenWidely } from './delivery/wide/play.ts';
import { tellWide, type WideScenario, wideScenarios } from './delivery/wide/scenario.ts';
import { inMode } from './mode.ts';

/** Scenarios a vendor, on either store. */
const RUNS = {
  SQLite: Number(process.env['CAUSEWAY_TEST_RUNS'] ?? inMode(2, 200)),
  PostgreSQL: Number(process.env['CAUSEWAY_TEST_RUNS'] ?? inMode(1, 50)),
};
/** A scenario from a failure's message, as JSON: it alone is played. */
const SCENARIO = process.env['CAUSEWAY_TEST_SCENARIO'];
const TIME_LIMIT_MS = inMode(120_000, 1_200_000);

const postgres = postgresStores();
const stores: Record<Kind, TemporaryStores> = {
  SQLite: { open: (file) => openDatabase({ file, mode: 'sandbox' }), remove: async () => {} },
  PostgreSQL: postgres,
};
afterAll(() => postgres.end());

/** Plays a scenario to its end and tells all that is not as it should be. */
async function play(subject: Subject, scenario: Scenario, kind: Kind = 'SQLite'): Promise<void> {
  const begun = await beginPlay(subject, scenario, stores[kind]);
  try {
    for (const happening of scenario.happenings) await happen(begun, happening);
    expect(await endPlay(begun)).toEqual([]);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${tell(scenario)}`, { cause: error });
  } finally {
    await begun.world.close();
  }
}

const on = { who: 0, and: false };

/** Scenarios that once ended wrong. */
const KNOWN: [string, Pick<Scenario, 'strangers' | 'happenings'> & Partial<Scenario>][] = [
  [
    'an account that was there before its User was pushed inactive',
    { strangers: [0], happenings: [{ do: 'create', ...on, active: false }] },
  ],
  [
    'an adoption whose first update was lost',
    {
      strangers: [0],
      happenings: [
        { do: 'spoil', skip: 1, spoiling: { kind: 'status', status: 500 } },
        { do: 'create', ...on, active: true },
      ],
    },
  ],
  [
    'a move whose create was lost, taken back',
    {
      strangers: [],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'accept' },
        { do: 'spoil', skip: 1, spoiling: { kind: 'reset-after' } },
        { do: 'move', ...on, to: 1 },
        { do: 'move', ...on, to: 0 },
      ],
    },
  ],
  [
    'a re-hire right after the removal, with a list from before it',
    {
      strangers: [],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'pass time', ms: 61_000 },
        { do: 'create', who: 1, and: false, active: true },
        { do: 'rest' },
        { do: 'delete', ...on },
        { do: 'rest' },
        { do: 'create', ...on, active: true },
      ],
    },
  ],
  [
    'an update whose check could not be made, and its reversal',
    {
      strangers: [],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'spoil', skip: 1, spoiling: { kind: 'status', status: 500 } },
        { do: 'change', ...on, by: 'patch' },
        { do: 'change', ...on, by: 'patch' },
      ],
    },
  ],
  [
    'a create that was not permitted, and a change that was refused',
    {
      strangers: [],
      happenings: [
        { do: 'spoil', skip: 0, spoiling: { kind: 'status', status: 403 } },
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'spoil', skip: 0, spoiling: { kind: 'status', status: 400 } },
        { do: 'change', ...on, by: 'patch' },
      ],
    },
  ],
  [
    'a kill with the create under way, and a change of the address after it',
    {
      strangers: [],
      happenings: [
        { do: 'spoil', skip: 1, spoiling: { kind: 'late', delayMs: 60 } },
        { do: 'create', ...on, active: true },
        { do: 'kill', afterMs: 0 },
        { do: 'move', ...on, to: 1 },
      ],
    },
  ],
  [
    'a kill with the create under way, and a User deleted after it',
    {
      strangers: [],
      happenings: [
        { do: 'spoil', skip: 1, spoiling: { kind: 'late', delayMs: 60 } },
        { do: 'create', ...on, active: true },
        { do: 'kill', afterMs: 0 },
        { do: 'delete', ...on },
      ],
    },
  ],
  [
    'a role that a lost update gave an account that was there before, and the group left meanwhile',
    {
      strangers: [0],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'spoil', skip: 0, spoiling: { kind: 'reset-after' } },
        { do: 'join', ...on },
        { do: 'pass time', ms: 1 },
        { do: 'quit', ...on },
      ],
    },
  ],
  [
    'a mapping that was saved while a delivery under the one before it began',
    {
      waitMs: 0,
      strangers: [],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'join', ...on },
        { do: 'key is replaced' },
        { do: 'change', who: 0, and: true, by: 'patch' },
        { do: 'map', mapping: 1 },
        { do: 'join', ...on },
      ],
    },
  ],
  [
    'a mapping that was saved between the attempts of a move',
    {
      waitMs: 0,
      strangers: [],
      happenings: [
        { do: 'create', who: 1, and: false, active: true },
        { do: 'move', who: 1, and: false, to: 1 },
        { do: 'accept' },
        { do: 'create', who: 0, and: false, active: false },
        { do: 'spoil', skip: 0, spoiling: { kind: 'reset-before' } },
        { do: 'map', mapping: 0 },
        { do: 'create', who: 0, and: false, active: false },
        { do: 'create', who: 0, and: false, active: false },
        { do: 'change', who: 1, and: false, by: 'patch' },
        { do: 'change', who: 0, and: false, by: 'patch' },
      ],
    },
  ],
  [
    'a move that a credential was not permitted to see the end of, tried again',
    {
      quirk: 1,
      strangers: [],
      happenings: [
        { do: 'create', who: 2, and: false, active: true },
        { do: 'spoil', skip: 3, spoiling: { kind: 'late', delayMs: 60 } },
        { do: 'spoil', skip: 2, spoiling: { kind: 'unauthorised' } },
        { do: 'create', who: 3, and: false, active: true },
        { do: 'move', who: 2, and: false, to: 1 },
        { do: 'pass time', ms: 500 },
        { do: 'deactivate', who: 3, and: false },
      ],
    },
  ],
  [
    'a kill with that update under way',
    {
      strangers: [0],
      happenings: [
        { do: 'create', ...on, active: true },
        { do: 'rest' },
        { do: 'spoil', skip: 0, spoiling: { kind: 'late', delayMs: 60 } },
        { do: 'join', ...on },
        { do: 'kill', afterMs: 30 },
        { do: 'quit', ...on },
      ],
    },
  ],
];

describe.each(KNOWN)('After %s', (_what, scenario) => {
  it.each(subjects.map((subject) => [subject.vendor.title, subject] as const))(
    '%s ends as wanted',
    { timeout: 60_000 },
    (_title, subject) => play(subject, { quirk: 0, waitMs: 60, ...scenario }),
  );
});

const everywhere = KINDS.flatMap((kind) =>
  subjects.map((subject) => [kind, subject.vendor.title, subject] as const),
);

describe('Whatever is pushed, whatever fails and whenever the process is killed', () => {
  it.each(everywhere)(
    'on %s %s ends as wanted, nobody has two accounts, and every answer was true',
    { timeout: TIME_LIMIT_MS },
    async (kind, _title, subject) => {
      if (SCENARIO !== undefined) return play(subject, JSON.parse(SCENARIO) as Scenario, kind);
      const lies = (quirk: number) => !subject.doubles(subject.quirks[quirk] ?? {});
      await fc.assert(
        fc.asyncProperty(scenarios(subject.quirks.length, lies), (scenario) => play(subject, scenario, kind)),
        {
          numRuns: RUNS[kind],
          interruptAfterTimeLimit: TIME_LIMIT_MS * 0.6,
          markInterruptAsFailure: true,
        },
      );
    },
  );
});

/** Plays a history of a world that does not hold still, and tells what does not hold at its end. */
async function playWide(subject: Subject, scenario: WideScenario, kind: Kind = 'SQLite'): Promise<void> {
  const begun = await beginWidePlay(subject, scenario, stores[kind]);
  try {
    for (const happening of scenario.happenings) await happenWidely(begun, happening);
    expect(await endWidePlay(begun)).toEqual([]);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${tellWide(scenario)}`, {
      cause: error,
    });
  } finally {
    await begun.world.close();
  }
}

describe('Whatever strangers, humans at the vendor and operators do beside it', () => {
  it.each(everywhere)(
    'on %s %s harms nobody, leaves nobody with access who left, and settles',
    { timeout: TIME_LIMIT_MS },
    async (kind, _title, subject) => {
      if (SCENARIO !== undefined) return playWide(subject, JSON.parse(SCENARIO) as WideScenario, kind);
      const lies = (quirk: number) => !subject.doubles(subject.quirks[quirk] ?? {});
      await fc.assert(
        fc.asyncProperty(wideScenarios(subject.quirks.length, lies), (scenario) =>
          playWide(subject, scenario, kind),
        ),
        { numRuns: RUNS[kind], interruptAfterTimeLimit: TIME_LIMIT_MS * 0.6, markInterruptAsFailure: true },
      );
    },
  );
});
