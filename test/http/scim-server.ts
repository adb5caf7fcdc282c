import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../src/core/connection.ts';
import type { Outcome } from '../../src/core/delivery.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Policies } from '../../src/core/policy.ts';
import type { ConnectionSchema, Deliveries, Log } from '../../src/core/ports.ts';
import { setConnection, setRequestId } from '../../src/scim/context.ts';
import { scimErrorHandler } from '../../src/scim/error-handler.ts';
import { scimRouter } from '../../src/scim/router.ts';
import { insertConnection } from '../../src/store/connections.ts';
import type { Database } from '../../src/store/database.ts';
import { openKeyring } from '../../src/store/encryption.ts';
import { openTemporary } from '../unit/store/temporary-store.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const VENDOR = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');

const POLICIES: Policies = {
  waitMs: 4000,
  unsupported: 'task',
  deactivate: 'remove',
  delete: 'remove',
  addressChange: 'task',
  adoption: 'adopt',
  groups: 'rules',
  removeGroups: false,
  allowedDomains: [],
  protectedAddresses: [],
  leaverPercent: 20,
  leaverCount: 10,
  reconcileMinutes: 60,
  drift: 'report',
  repairCreations: 10,
  imports: 'observe',
};

function schemaNamed(vendor: string): ConnectionSchema {
  return {
    urn: `urn:ietf:params:scim:schemas:extension:${vendor}:2.0:User`,
    vendorTitle: vendor,
    fields: [
      {
        name: 'seatType',
        description: 'Which seat the person takes.',
        type: 'string',
        set: 'always',
        withoutCall: 'task',
        default: { from: 'none' },
      },
      {
        name: 'seats',
        description: 'How many seats the person takes.',
        type: 'integer',
        set: 'always',
        withoutCall: 'task',
        default: { from: 'none' },
      },
    ],
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** `{}` where the answer has no body. */
  body: JsonObject;
}

interface Init {
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ScimServer {
  db: Database;
  url: string;
  /** Sends to the connection `acme` unless the path begins with another's base; bodies go as SCIM JSON. */
  send(method: string, path: string, init?: Init): Promise<Answer>;
  /** What the next awaited delivery comes to. */
  outcome: Outcome;
  /** What the router asked of the delivery side, in order. */
  asked: string[];
  /** Messages of the error log. */
  errors: string[];
}

/** The SCIM router over a real store, with two connections and a delivery side that answers as the test says. */
export async function startScim(): Promise<ScimServer> {
  return serveScim(await openTemporary(), (close) => onTestFinished(async () => void (await close())));
}

/** The same over a store that is open already; `atEnd` is given what has to be done at the end. */
export async function serveScim(
  db: Database,
  atEnd: (close: () => unknown) => unknown,
  connectionIds: readonly string[] = ['acme', 'other'],
): Promise<ScimServer> {
  const keyring = openKeyring(new Uint8Array(32).fill(7));
  const connections = new Map<string, Connection>();
  for (const id of connectionIds) {
    const connection = {
      id,
      vendor: id === 'other' ? id : 'acme',
      title: id,
      settings: {},
      mapping: {},
      dryRun: false,
    };
    const policies = { policies: POLICIES, policyOverrides: {} };
    connections.set(id, await insertConnection(db, keyring, { ...connection, ...policies }, {}, NOW));
  }
  const state = { outcome: { kind: 'settled' } as Outcome, asked: [] as string[], errors: [] as string[] };
  const deliveries: Deliveries = {
    wake: (connectionId) => void state.asked.push(`wake ${connectionId}`),
    outcome: (connectionId, _account, version, deadline) => {
      state.asked.push(`outcome ${connectionId} v${version} within ${deadline - NOW} ms`);
      return Promise.resolve(state.outcome);
    },
  };
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (_fields, message) => void state.errors.push(message),
  };
  const schemas = new Map(['acme', 'other'].map((vendor) => [vendor, schemaNamed(vendor)]));
  const router = scimRouter({
    db,
    log,
    deliveries,
    schemaOf: (vendor) => schemas.get(vendor) ?? schemaNamed(vendor),
    publicUrl: () => 'https://scim.example.com',
    clock: { now: () => NOW, steady: () => NOW },
  });
  const url = await listen(router, log, connections, atEnd);
  return Object.assign(state, {
    db,
    url,
    send: (method: string, path: string, init: Init = {}) => send(url, method, path, init),
  });
}

async function listen(
  router: RequestHandler,
  log: Log,
  connections: Map<string, Connection>,
  atEnd: (close: () => unknown) => unknown,
): Promise<string> {
  const app = express();
  app.use('/scim/:connection/v2', (request, response, next) => {
    const connection = connections.get(request.params.connection);
    if (connection === undefined) throw new Error('The test names an unknown connection.');
    setConnection(response, connection);
    setRequestId(response, 'request-1');
    next();
  });
  app.use('/scim/:connection/v2', router);
  app.use(scimErrorHandler(log));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function send(url: string, method: string, path: string, { body, headers }: Init): Promise<Answer> {
  const response = await fetch(`${url}${path.startsWith('/scim/') ? '' : '/scim/acme/v2'}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? {} : (JSON.parse(text) as JsonObject),
  };
}

/** The ids of the Users made. */
export async function addUsers(server: ScimServer, ...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const userName of names) {
    const { body } = await server.send('POST', '/Users', { body: { schemas: [USER], userName } });
    ids.push(String(body['id']));
  }
  return ids;
}

export async function addGroup(
  server: ScimServer,
  displayName: string,
  ...members: string[]
): Promise<string> {
  const { body } = await server.send('POST', '/Groups', {
    body: { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) },
  });
  return String(body['id']);
}

export function patchOf(...operations: object[]): JsonObject {
  return { schemas: [PATCH_OP], Operations: operations as JsonObject[] };
}
