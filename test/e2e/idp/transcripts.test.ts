import { afterAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../sandbox-server.ts';
import { describeTranscripts } from './replay-all.ts';
import sources from './sources.json' with { type: 'json' };
import { readTranscripts } from './transcript.ts';

const server = await startSandbox();

afterAll(() => server.stop());

describeTranscripts(server.connections, server.errors);

describe('the transcripts', () => {
  it('use every source that is listed', () => {
    const used = new Set(readTranscripts().flatMap(({ steps }) => steps.flatMap(({ source }) => source)));
    expect(Object.keys(sources).filter((key) => !used.has(key))).toEqual([]);
  });
});
