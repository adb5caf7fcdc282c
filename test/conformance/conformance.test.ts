import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentOf, FILE } from './document.ts';
import { rules } from './rules.ts';
import { openStage } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage(rules.length);
});
afterAll(() => stage.close());

describe('The server holds to', () => {
  it.each(rules.map((rule, n) => [rule.section, rule.says, n] as const))(
    '%s: %s',
    async (_section, _says, n) => {
      await rules[n]?.holds(stage.connection(n));
    },
  );
});

describe('docs/conformance.md', () => {
  it('is what "node test/conformance/write-document.ts" writes', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(documentOf(rules));
  });

  it('states every rule once', () => {
    const stated = rules.map(({ section, says }) => `${section}: ${says}`);
    expect(stated.filter((each, n) => stated.indexOf(each) !== n)).toEqual([]);
  });
});
