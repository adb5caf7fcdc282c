import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALERTS } from '../../src/core/alert.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { openTemporary } from './store/temporary-store.ts';

const text = readFileSync('docs/operations.md', 'utf8');

it('docs/operations.md says of every metric of Causeway’s when to be alarmed', async () => {
  const metrics = createMetrics(await openTemporary(), { now: () => 0, steady: () => 0 });
  const names = [...(await metrics.text()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? '');
  const own = names.filter((name) => name.startsWith('causeway_'));
  expect(own.length).toBeGreaterThan(5);
  const told = [...text.matchAll(/^\| `((?:causeway|nodejs|process)_\w+)`/gm)].map(([, name]) => name ?? '');
  expect(told.filter((name) => name.startsWith('causeway_')).toSorted()).toEqual(own.toSorted());
  expect(names).toEqual(expect.arrayContaining(told));
});

it('docs/operations.md says of every alert how urgent it is', () => {
  const urgency = text.split('| alert | urgency |')[1] ?? '';
  const told = [...urgency.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
  expect(told.toSorted()).toEqual([...ALERTS]);
});
