import { afterEach, describe, expect, it } from 'vitest';
import { emptyDirectory, type SandboxConnection } from '../sandbox-server.ts';
import { replay } from './replay.ts';
import { readTranscripts } from './transcript.ts';

/** Replayed on every connection; the other identity providers on two: without a vendor, and at the one that asks most. */
const EVERYWHERE = ['okta', 'entra'];
const ELSEWHERE = ['dry-run', 'attention'];

/** The transcripts of every identity provider, on each of these connections. `errors`: the server's log at that level. */
export function describeTranscripts(connections: readonly SandboxConnection[], errors: string[]): void {
  const transcripts = readTranscripts();

  describe.each(connections)('the traffic of identity providers on $id', (connection) => {
    const here = transcripts.filter(({ idp, connections: only }) => {
      if (only !== undefined) return only.includes(connection.id);
      return EVERYWHERE.includes(idp) || ELSEWHERE.includes(connection.id);
    });

    afterEach(() => emptyDirectory(connection));

    it.each(here.map((transcript) => [transcript.name, transcript] as const))(
      '%s',
      async (_name, transcript) => {
        await replay(transcript, connection);
        expect(errors.splice(0)).toEqual([]);
      },
    );
  });
}
