import type { Outcome } from './delivery.ts';
import type { FieldTable } from './field.ts';
import type { AccountId, ConnectionId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';

/** What `scim` needs of the delivery side, without importing it. */
export interface Deliveries {
  /** There is new work in this connection. */
  wake(connectionId: ConnectionId): void;
  /**
   * Waits until a delivery covers `version` of this account, at most until `deadline` (epoch ms) and not at all where it
   * cannot help. Answers `pending` only after the push can no longer be put back.
   */
  outcome(
    connectionId: ConnectionId,
    accountId: AccountId,
    version: number,
    deadline: number,
  ): Promise<Outcome>;
}

/** The vendor's part of a connection's SCIM schema: plain data from the field table. */
export interface ConnectionSchema {
  /** `urn:ietf:params:scim:schemas:extension:<vendor>:2.0:User` */
  urn: string;
  vendorTitle: string;
  fields: FieldTable;
}

/** The durable records of one sandbox fake, by kind and key. */
export interface FakeRecords {
  all(kind: string): Promise<Map<string, JsonObject>>;
  put(kind: string, key: string, record: JsonObject): Promise<void>;
  delete(kind: string, key: string): Promise<void>;
}

/** The structured log; bodies, tokens and passwords never go in. */
export interface Log {
  debug(fields: Record<string, Json | undefined>, message: string): void;
  info(fields: Record<string, Json | undefined>, message: string): void;
  warn(fields: Record<string, Json | undefined>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** What the metrics learn of deliveries. */
export interface SyncObserver {
  delivered(vendor: string, result: string): void;
  vendorCall(vendor: string, call: { method: string; status: number | null; durationMs: number }): void;
}
