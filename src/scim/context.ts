import type { Response } from 'express';
import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import type { ConnectionSchema, Deliveries, Log } from '../core/ports.ts';
import type { Database } from '../store/database.ts';
import type { WriteContext } from '../store/worklist/mark-due.ts';
import type { ResourceSchema } from './schema.ts';

/** What `scimRouter` needs from the composition root. */
export interface ScimOptions {
  db: Database;
  deliveries: Deliveries;
  /** The vendor's part of the schema; plain data, the same for all connections of a vendor. */
  schemaOf(vendor: string): ConnectionSchema;
  /** Without a trailing slash; read at each request, as the sandbox learns its port late. */
  publicUrl(): string;
  clock: Clock;
  log: Log;
}

/** What one authenticated request works in: nothing of another connection can be reached from it. */
export interface Scope extends ScimOptions {
  connection: Connection;
  requestId: string;
  schemas: { user: ResourceSchema; group: ResourceSchema };
  /** The connection's SCIM base URL, without a trailing slash. */
  base: string;
  /** How long a User's write waits for its delivery; 0 in Bulk. */
  waitMs: number;
}

/** Who writes, and when. */
export function writeContext(scope: Scope): WriteContext {
  return { requestId: scope.requestId, now: scope.clock.now(), accepted: scope.waitMs === 0 };
}

/** Only the edge's authentication may call this: everything under the mount trusts it. */
export function setConnection(response: Response, connection: Connection): void {
  response.locals['connection'] = connection;
}

/** Throws where the mount stands before authentication, which would be a defect. */
export function connectionOf(response: Response): Connection {
  const connection: unknown = response.locals['connection'];
  if (connection === undefined) throw new Error('The SCIM router is mounted before authentication.');
  return connection as Connection;
}

/** Only the edge, which also sets `X-Request-Id`, calls this. */
export function setRequestId(response: Response, requestId: string): void {
  response.locals['requestId'] = requestId;
}

/** Empty where the edge has set none. */
export function requestIdOf(response: Response): string {
  const requestId: unknown = response.locals['requestId'];
  return typeof requestId === 'string' ? requestId : '';
}
