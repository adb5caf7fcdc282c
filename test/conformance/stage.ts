import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';
import { closeDatabase, openDatabase } from '../../src/store/database.ts';
import { type ScimServer, serveScim } from '../http/scim-server.ts';
import { GROUP, type Scim, USER } from './rule.ts';

interface Stage {
  /** The nth connection; each starts with an empty directory. */
  connection(n: number): Scim;
  close(): Promise<void>;
}

/** One server for all rules, with a connection for each. */
export async function openStage(connections: number): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-conformance-'));
  const db = await openDatabase({ file: join(folder, 'store.db'), mode: 'sandbox' });
  const closers: (() => unknown)[] = [];
  const ids = Array.from({ length: connections }, (_, n) => `c-${n}`);
  const server = await serveScim(db, (close) => closers.push(close), ids);
  return {
    connection: (n) => scimOf(server, `c-${n}`),
    close: async () => {
      for (const close of closers) await close();
      await closeDatabase(db);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function scimOf(server: ScimServer, id: string): Scim {
  let made = 0;
  const send: Scim['send'] = (method, path, body, headers = {}) =>
    server.send(method, `/scim/${id}/v2${path}`, { headers, ...(body === undefined ? {} : { body }) });
  const create = async (endpoint: string, resource: object): Promise<JsonObject> => {
    const { status, body, text } = await send('POST', endpoint, resource);
    if (status !== 201) throw new Error(`${endpoint} answered ${status}: ${text}`);
    return body;
  };
  return {
    base: `https://scim.example.com/scim/${id}/v2`,
    send,
    user: (attributes = {}) => {
      made += 1;
      return create('/Users', { schemas: [USER], userName: `user-${made}`, ...attributes });
    },
    group: (attributes = {}) => {
      made += 1;
      return create('/Groups', { schemas: [GROUP], displayName: `group-${made}`, ...attributes });
    },
  };
}
