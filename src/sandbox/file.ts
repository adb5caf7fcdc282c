import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** What a script needs to use one connection of the sandbox. */
export interface SandboxConnection {
  id: string;
  vendor: string;
  scimUrl: string;
  token: string;
  /** The fake vendor's own base; null where nothing is delivered. */
  fakeUrl: string | null;
  dryRun: boolean;
}

const contents = z.object({ connections: z.array(z.object({ id: z.string(), token: z.string() })) });

/** The tokens that the last start told, by connection; empty where the file is missing or no longer readable. */
export function readTokens(file: string): Map<string, string> {
  try {
    const { connections } = contents.parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(connections.map(({ id, token }) => [id, token]));
  } catch {
    return new Map();
  }
}

/** Mode 0600, whole or not at all. */
export function writeSandboxFile(file: string, connections: readonly SandboxConnection[]): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify({ connections }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
