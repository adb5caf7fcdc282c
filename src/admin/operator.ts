import type { Clock } from '../core/clock.ts';
import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import { writeAudit } from '../store/audit.ts';
import { findConnection } from '../store/connections.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Keyring } from '../store/encryption.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { vendorById, vendors } from '../vendors/index.ts';

/** Who acts, and on which store: what every service of the operator's needs. */
export interface Operator {
  db: Database;
  keyring: Keyring;
  clock: Clock;
  /** As the audit trail names it: `cli:<system user>`. */
  actor: string;
  /** In a sandbox and in tests, vendors may be plain http on loopback. */
  allowHttpLoopback: boolean;
}

/** What was done to what; `target` as in `token <id>`. No secret goes in. */
export interface Action {
  action: string;
  connectionId: ConnectionId;
  target?: string;
  detail?: JsonObject;
}

/** Writes the audit row of an operator's action, in the transaction of what it records. */
export async function record(operator: Operator, tx: Transaction, at: number, action: Action): Promise<void> {
  const { actor } = operator;
  await writeAudit(tx, { at, actor, target: null, detail: {}, ...action });
}

/** Throws OperatorError where there is none. */
export async function requireConnection(db: Database | Transaction, id: ConnectionId): Promise<Connection> {
  const connection = await findConnection(db, id);
  if (connection !== undefined) return connection;
  throw new OperatorError(`There is no connection "${id}". List them with "causeway connection list".`);
}

/** Throws OperatorError, naming the vendors there are. */
export function requireVendor(id: string): AnyVendor {
  const vendor = vendorById(id);
  if (vendor !== undefined) return vendor;
  const known = vendors.map((one) => one.id).join(', ');
  throw new OperatorError(`There is no vendor "${id}". Choose one of: ${known}.`);
}

/** One sentence, or a list of them under a heading where there are several. */
export function refuse(heading: string, faults: readonly string[]): never {
  const [first = heading] = faults;
  throw new OperatorError(
    faults.length < 2 ? first : [heading, ...faults.map((fault) => `  - ${fault}`)].join('\n'),
  );
}
