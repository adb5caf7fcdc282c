import { describe, expect, it } from 'vitest';
import { Beats } from '../../../src/sync/beats.ts';

const SECOND = 1_000;

/** Looks every second from `from` to `to`, with the beat that each second has. */
function lookOn(beats: Beats, from: number, to: number, beatAt: (second: number) => number): string[] {
  const silent = new Set<string>();
  for (let second = from; second <= to; second += 1) {
    const seen = beats.look([{ id: 'other', host: 'h:1', beat: beatAt(second) }], second * SECOND);
    for (const { id } of seen) silent.add(id);
  }
  return [...silent];
}

describe('the beats of instances', () => {
  it('that go on are never silent', () => {
    expect(lookOn(new Beats(), 0, 60, (second) => Math.floor(second / 2))).toEqual([]);
  });

  it('that stand still are silent after 8 s, not before', () => {
    expect(lookOn(new Beats(), 0, 7, () => 5)).toEqual([]);
    const beats = new Beats();
    expect(lookOn(beats, 0, 8, () => 5)).toEqual(['other']);
    expect(beats.look([{ id: 'other', host: 'h:1', beat: 5 }], 8.5 * SECOND)).toEqual([
      { id: 'other', host: 'h:1', beat: 5, since: 0 },
    ]);
  });

  it('count from the first look after a gap: whoever could not look knows nothing of it', () => {
    const beats = new Beats();
    expect(lookOn(beats, 0, 7, () => 5)).toEqual([]);
    expect(lookOn(beats, 20, 27, () => 5)).toEqual([]);
    expect(lookOn(beats, 28, 28, () => 5)).toEqual(['other']);
  });

  it('are of those instances alone that there are', () => {
    const beats = new Beats();
    beats.look(
      [
        { id: 'one', host: 'h:1', beat: 1 },
        { id: 'two', host: 'h:2', beat: 1 },
      ],
      0,
    );
    expect(beats.size).toBe(2);
    beats.look([{ id: 'two', host: 'h:2', beat: 2 }], SECOND);
    expect(beats.size).toBe(1);
  });
});
