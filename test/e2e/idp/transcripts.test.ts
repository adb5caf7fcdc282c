import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { emptyDirectory, startSandbox } from '../sandbox-server.ts';
import { replay } from './replay.ts';
import sources from './sources.json' with { type: 'json' };
import { readTranscripts } from './transcript.ts';

/** Replayed on every connection; the other identity providers on two: without a vendor, and at the one that asks most. */
const EVERYWHERE = ['okta', 'entra'];
const ELSEWHERE = ['dry-run', 'attention'];

const server = await startSandbox();
const transcripts = readTranscripts();

afterAll(() => server.stop());

describe.each(server.connections)('the traffic of identity providers on $id', (connection) => {
  const here = transcripts.filter(({ idp, connections }) => {
    if (connections !== undefined) return connections.includes(connection.id);
    return EVERYWHERE.includes(idp) || ELSEWHERE.includes(connection.id);
  });

  afterEach(() => emptyDirectory(connection));

  it.each(here.map((transcript) => [transcript.name, transcript] as const))(
    '%s',
    async (_name, transcript) => {
      await replay(transcript, connection);
      expect(server.errors.splice(0)).toEqual([]);
    },
  );
});

describe('the transcripts', () => {
  it('use every source that is listed', () => {
    const used = new Set(transcripts.flatMap(({ steps }) => steps.flatMap(({ source }) => source)));
    expect(Object.keys(sources).filter((key) => !used.has(key))).toEqual([]);
  });
});
