import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Operator } from '../admin/operator.ts';
import { type Config, readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { dataFile, openDataFolder } from '../store/data-folder.ts';
import { closeDatabase } from '../store/database.ts';
import { lockForServer, type ServerLock } from '../store/server-lock.ts';
import type { Shell } from './shell.ts';

/** The server's own store, opened beside it under the same environment. */
export interface Workplace {
  shell: Shell;
  operator: Operator;
  /** What an identity provider is given for this connection. */
  scimUrl(id: ConnectionId): string;
  /** This data folder's place as its only server; null where a server has it, or where the store is in PostgreSQL and servers share it. */
  lockAsServer(): ServerLock | null;
}

/** Opens the store, works, closes it. `create`: a real store that does not exist yet is made. */
export async function withStore<T>(
  shell: Shell,
  work: (place: Workplace) => Promise<T>,
  options: { create: boolean } = { create: false },
): Promise<T> {
  const config = readConfig(shell.env);
  const { mode, dataDir: dir, databaseUrl } = config;
  const inFile = databaseUrl === null;
  if (inFile && !existsSync(dataFile(dir, mode, 'db')) && !(options.create && mode === 'real'))
    throw noStore(config);
  const secretKey = config.secretKey && Buffer.from(config.secretKey.reveal(), 'base64');
  const { db, keyring } = await openDataFolder({ dir, mode, secretKey, databaseUrl });
  const actor = `cli:${shell.user}`;
  const operator = { db, keyring, clock: systemClock, actor, allowHttpLoopback: mode === 'sandbox' };
  try {
    return await work({
      shell,
      operator,
      scimUrl: (id) => `${publicUrl(config)}/scim/${id}/v2`,
      lockAsServer: () => (inFile ? tryLock(dataFile(dir, mode, 'lock')) : null),
    });
  } finally {
    await closeDatabase(db);
  }
}

function tryLock(file: string): ServerLock | null {
  try {
    return lockForServer(file);
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

function noStore({ mode, dataDir }: Config): OperatorError {
  if (mode === 'real') {
    return new OperatorError(
      `There is no store in ${dataDir} yet. Add a connection or start the server, or set CAUSEWAY_DATA_DIR to the server's data folder.`,
    );
  }
  const real = existsSync(dataFile(dataDir, 'real', 'db'));
  return new OperatorError(
    real
      ? `The store in ${dataDir} is a real one. Set the same CAUSEWAY_SECRET_KEY and CAUSEWAY_PUBLIC_URL as for the server.`
      : `There is no sandbox in ${dataDir}. Start it with "npm start", or set the same CAUSEWAY_ variables as for the server.`,
  );
}

const SandboxFile = z.object({ connections: z.array(z.object({ scimUrl: z.url() })) });

/** A sandbox listens where there is room and says where in its file. */
function publicUrl(config: Config): string {
  if (config.publicUrl !== null) return config.publicUrl;
  try {
    const text = readFileSync(dataFile(config.dataDir, 'sandbox', 'json'), 'utf8');
    const [first] = SandboxFile.parse(JSON.parse(text)).connections;
    if (first !== undefined) return first.scimUrl.replace(/\/scim\/[^/]+\/v2$/, '');
  } catch {
    // Not started yet: the address that its configuration gives.
  }
  return `http://${config.host}:${config.port}`;
}
