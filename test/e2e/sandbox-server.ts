import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningServer, startServer } from '../../src/main.ts';

/** One of the sandbox's connections, as its `sandbox.json` describes it. */
export type SandboxConnection = NonNullable<RunningServer['sandbox']>['connections'][number];

/** A sandbox in this process, on a free port, with a data folder of its own. */
export interface SandboxServer {
  connections: readonly SandboxConnection[];
  /** Lines of its log at level `error`: none, unless something is wrong. */
  errors: string[];
  stop(): Promise<void>;
}

export async function startSandbox(): Promise<SandboxServer> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-e2e-'));
  const errors: string[] = [];
  const config = readConfig({ CAUSEWAY_PORT: '0', CAUSEWAY_DATA_DIR: join(folder, 'data') });
  const server = await startServer(config, createLog('error', { write: (line) => void errors.push(line) }));
  return {
    connections: server.sandbox?.connections ?? [],
    errors,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Deletes all Users and Groups that a transcript left, so that the next one finds a directory of its own. */
export async function emptyDirectory({ scimUrl, token }: SandboxConnection): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  for (const kind of ['Groups', 'Users']) {
    const list = await fetch(`${scimUrl}/${kind}?count=200&attributes=id`, { headers });
    const { Resources } = (await list.json()) as { Resources: { id: string }[] };
    for (const { id } of Resources) await fetch(`${scimUrl}/${kind}/${id}`, { method: 'DELETE', headers });
  }
}
