import { type ConnectionId, newId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { Database, Transaction } from './database.ts';
import { namedStatement } from './statement.ts';
import type { AuditTable } from './tables.ts';

/** One thing that somebody did, kept for good. Never holds a secret. */
export interface AuditEntry {
  id: string;
  /** Epoch ms. */
  at: number;
  /** `cli:<system user>`, `idp:<connection>` or `worker`. */
  actor: string;
  /** What was done, as `token.issue`. */
  action: string;
  connectionId: ConnectionId | null;
  /** To what, as `token <id>`. */
  target: string | null;
  detail: JsonObject;
}

const insertEntry = namedStatement((db, row: Pick<AuditTable, keyof AuditTable>) =>
  db.insertInto('audit').values(row).compile(),
);

/** Give it the transaction of what it records, so that neither exists without the other. */
export async function writeAudit(db: Database | Transaction, entry: Omit<AuditEntry, 'id'>): Promise<void> {
  const { at, actor, action, connectionId, target, detail } = entry;
  await insertEntry(db, {
    id: newId(),
    at,
    actor,
    action,
    connection_id: connectionId,
    target,
    detail: JSON.stringify(detail),
  });
}

/** Newest first; of one connection, or all. */
export async function listAudit(
  db: Database | Transaction,
  { connectionId, limit }: { connectionId?: ConnectionId; limit: number },
): Promise<AuditEntry[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
  if (connectionId !== undefined) query = query.where('connection_id', '=', connectionId);
  const rows = await query.execute();
  return rows.map(({ connection_id, detail, ...row }) => ({
    ...row,
    connectionId: connection_id,
    detail: JSON.parse(detail),
  }));
}
