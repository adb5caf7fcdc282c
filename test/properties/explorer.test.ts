import { describe, expect, it } from 'vitest';
import { withPlanted } from './explorer/plant.ts';
import { PLANTED, type Planted } from './explorer/planted.ts';
import { verdict } from './explorer/play.ts';
import { type Start, starts } from './explorer/scenarios.ts';
import { explore, type Finding } from './explorer/search.ts';
import { inMode } from './mode.ts';

const MINUTE = 60_000;

/** CPU is what the quick mode has little of; the long mode ends by itself when its two hours are used. */
const QUICK_MS = 6_000;
const LONG_MS = 100 * MINUTE;
/** A planted change is looked for at most this long. */
const PLANTED_MS = 3 * MINUTE;

/** In an order in which a part of them has something of everything. */
const STARTS = mixed(starts());

function mixed(all: Start[]): Start[] {
  const stride = 125;
  return all.flatMap((_, index) => all[(index * stride) % all.length] ?? []);
}

function startNamed(name: string): Start {
  const start = STARTS.find((one) => one.name === name);
  if (start === undefined) throw new Error(`No history begins with “${name}”.`);
  return start;
}

/** Every history of so many acts from each beginning, until the time is used. */
function exploreAll(acts: number, until: number): { findings: string[]; whole: number } {
  const findings: string[] = [];
  let whole = 0;
  for (const start of STARTS) {
    if (Date.now() > until) break;
    const outcome = explore(start.world(acts), { until, findings: 3 });
    findings.push(...outcome.findings.map((finding) => tellOf(start, finding)));
    if (outcome.whole) whole += 1;
  }
  return { findings, whole };
}

function tellOf({ name }: Start, { sentence, history }: Finding): string {
  return `${sentence} (${name}: ${history.join(' | ')})`;
}

/** Whether the change is found by search, from where its witness begins, and the history is about the change. */
function find(planted: Planted): Promise<string | null> {
  return withPlanted(planted, (machine) => {
    const until = Date.now() + PLANTED_MS;
    const start = startNamed(planted.start);
    for (const acts of [0, 1, 2, 3]) {
      const [finding] = explore(start.world(acts, machine), { until, findings: 1 }).findings;
      if (finding !== undefined && verdict(start.world(acts), finding.history) === null)
        return finding.sentence;
    }
    return null;
  });
}

describe('the step machine', () => {
  it('harms nobody, and comes to rest, in every history of as many acts as there is time for', () => {
    const until = Date.now() + inMode(QUICK_MS, LONG_MS);
    for (const acts of inMode([0, 1], [0, 1, 2, 3])) {
      expect(exploreAll(acts, until).findings).toEqual([]);
    }
  });
});

/** Histories that the long mode found, each with what was said of it. */
const FOUND: [said: string, start: string, history: string][] = [
  [
    'W waits for ever, behind somebody whose invitation is not accepted and who keeps the address',
    'invited, adopt, task: U and V are new at one address, two at work',
    'claim r2 | DELETE V | POST W a',
  ],
  [
    'It spins, between somebody whose account was renamed by hand and somebody who wants its old address',
    'listed, adopt, refuse: U is new where a stranger is',
    'claim r1 | go r1 | POST V a | human renames b v1',
  ],
  [
    'It spins, behind a refused move whose account was renamed by hand',
    'suspending, adopt, refuse: U moves from a to b',
    'POST V a | claim r2 | go r2 | claim r1 | go r1 | claim r2 | human renames b v1',
  ],
  [
    'Two rows reserve b, of which one is what a human was asked for',
    'found, adopt, task: U moves from a to b',
    'claim r1 | go r1 | go r1 | operator says address done r1 | U inactive | claim r1 | go r1 | go r1 | human renames b v1',
  ],
  [
    'r2 is left at b for ever, where another User has taken the renamed account over',
    'found, adopt, task: U moves from a to b',
    'claim r1 | go r1 | go r1 | human renames b v1 | POST V a | claim r3 | DELETE U',
  ],
  [
    'r3 is left at b for ever, the same with two at work',
    'found, adopt, task: U moves from a to b',
    'claim r1 | go r1 | human renames b v1 | POST V a | go r1 | claim r2 | DELETE U',
  ],
  [
    'U is refused for the sake of its own address, where a withdrawal could not be checked',
    'hidden, adopt, replace: U is new',
    'claim r1 | go r1 | go r1 | go r1 | go r1 | U to b | claim r1 | go r1 | go r1 | go r1 | go r1 | claim r2 | U to a | go r2 | go r2 | go r2 unchecked',
  ],
  [
    'A create is sent for ever, beside a hidden invitation, where a human has made the account that was asked for',
    'hidden, adopt, task: U is new',
    'claim r1 | go r1 | go r1 | go r1 | go r1 | U to b | claim r1 | go r1 | go r1 | operator retries r1 | claim r1 | go r1 | human makes b',
  ],
  [
    'Two rows reserve b, of which one belongs to a User who is inactive by now',
    'addressed, adopt, task: U moves from a to b',
    'claim r1 | go r1 | go r1 | human renames b a | U inactive | claim r1 | go r1 | operator says address done r1',
  ],
];

describe('a history of which was said:', () => {
  it.each(FOUND)('%s, harms nobody and comes to rest', (_said, start, history) => {
    const lines = history.split(' | ');
    expect(verdict(startNamed(start).world(lines.length), lines)).toBeNull();
  });
});

describe('the explorer', () => {
  it.each(PLANTED)('shows what a change to rule $rule would do', async (planted) => {
    const { start, history } = planted;
    const lines = history === '' ? [] : history.split(' | ');
    const begin = startNamed(start);
    expect(verdict(begin.world(lines.length), lines)).toBeNull();
    const said = await withPlanted(planted, (machine) => verdict(begin.world(lines.length, machine), lines));
    expect(said).not.toBeNull();
  });

  it.each(inMode([], PLANTED))('finds a change to rule $rule by itself', async (planted) => {
    expect(await find(planted)).not.toBeNull();
  });
});
