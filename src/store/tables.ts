import type { Generated } from 'kysely';
import type { AccountsTable } from './tables-accounts.ts';
import type { InstancesTable, LeasesTable } from './tables-instances.ts';

export type { AccountsTable } from './tables-accounts.ts';

/** A JSON document: written and read as text, so that answers can be assembled without parsing. */
type JsonText = string;
type JsonTextOrNull = string | null;
/** 0 or 1 (SQLite has no boolean). */
type Flag = number;
/** Epoch milliseconds. */
type Time = number;

export interface ConnectionsTable {
  id: string;
  vendor: string;
  title: string;
  settings: JsonText;
  /** AES-256-GCM, see encryption. */
  credentials: string;
  mapping: JsonText;
  /** In force, so that a push's transaction can read them. */
  policies: JsonText;
  policy_overrides: JsonText;
  dry_run: Flag;
  paused_reason: string | null;
  paused_at: Time | null;
  /** 1: nothing is delivered before one list shows that the credential is for the same accounts. */
  unproven: Generated<Flag>;
  /** `{listed, known}`: a short list that the operator has confirmed. */
  believed: JsonTextOrNull;
  /** Kept in every write's transaction: `totalResults` of an unfiltered list. */
  user_count: Generated<number>;
  group_count: Generated<number>;
  created_at: Time;
  modified_at: Time;
  version: number;
}

export interface TokensTable {
  id: string;
  connection_id: string;
  label: string;
  /** HMAC-SHA-256 of the token under a key derived from the secret key, hex. */
  digest: string;
  /** The first characters, for telling tokens apart. */
  hint: string;
  created_at: Time;
  expires_at: Time | null;
  revoked_at: Time | null;
  last_used_at: Time | null;
}

export interface UsersTable {
  connection_id: string;
  id: string;
  user_name: string;
  user_name_key: string;
  external_id: string | null;
  document: JsonText;
  /** The document with every text folded whose attribute is not `caseExact`: what filters and sorts read. */
  folded: JsonText;
  version: number;
  created_at: Time;
  modified_at: Time;
}

/** One row an e-mail value, folded, for look-ups. */
export interface UserEmailsTable {
  connection_id: string;
  email_key: string;
  user_id: string;
}

export interface GroupsTable {
  connection_id: string;
  id: string;
  display_name: string;
  display_name_key: string;
  external_id: string | null;
  document: JsonText;
  folded: JsonText;
  member_count: number;
  version: number;
  created_at: Time;
  modified_at: Time;
}

export interface MembersTable {
  connection_id: string;
  group_id: string;
  member_id: string;
  /** `User` or `Group`. */
  type: string;
  display: string | null;
}

/** Who was suspended, removed or revoked, for the guard's rolling hour. */
export interface LeaversTable {
  connection_id: string;
  account_id: string;
  at: Time;
  /** 1: it was at the vendor when that hour began. */
  established: Flag;
}

/** What each comparison with the vendor's list found. */
export interface ReconciliationsTable {
  connection_id: string;
  id: string;
  started_at: Time;
  ended_at: Time;
  /** `complete`, or why it changed nothing: `short-list`, `failed`. */
  result: string;
  listed: number;
  report: JsonText;
}

export interface DeliveriesTable {
  connection_id: string;
  id: string;
  account_id: string;
  /** Covers (from_version, to_version]. */
  from_version: number;
  to_version: number;
  result: string;
  state: string;
  steps: JsonText;
  calls: JsonText;
  error: JsonTextOrNull;
  /** Attempts after the first that ended the same way. */
  repeats: Generated<number>;
  /** 1: no call with effects was made, and nothing changed. */
  quiet: Flag;
  attempt: number;
  request_id: string | null;
  started_at: Time;
  ended_at: Time;
}

export interface TasksTable {
  connection_id: string;
  id: string;
  account_id: string;
  kind: string;
  /** What to do, in a sentence for the operator. */
  title: string;
  /** The wanted value that the task is about. */
  wanted: JsonText;
  state: 'open' | 'done' | 'obsolete';
  opened_at: Time;
  updated_at: Time;
  closed_at: Time | null;
}

/** Accounts still to be marked due for the sake of one change, in chunks. */
export interface FanoutsTable {
  connection_id: string;
  id: string;
  /** The Users affected, at most 1,000 ids; null: every User of the connection. */
  user_ids: JsonTextOrNull;
  reason: string;
  /** The last user id handled, where `user_ids` is null. */
  cursor: string;
  created_at: Time;
}

/** Work on a whole connection, asked for by the operator or the clock; the newest of each kind. */
export interface JobsTable {
  connection_id: string;
  kind: 'reconcile' | 'import';
  requested_at: Time;
  requested_by: string;
  started_at: Time | null;
  ended_at: Time | null;
  progress: JsonText;
}

export interface AuditTable {
  id: string;
  at: Time;
  /** `cli:<system user>`, `idp:<connection>`, `worker`. */
  actor: string;
  action: string;
  connection_id: string | null;
  /** What it was done to: `token <id>`, `account <id>` … */
  target: string | null;
  detail: JsonText;
}

/** What the sandbox's fake vendors hold. */
export interface FakeRecordsTable {
  fake: string;
  kind: string;
  key: string;
  record: JsonText;
}

/** Facts of this store: `mode` (sandbox or real), `key_check`. */
export interface MetaTable {
  name: string;
  value: string;
}

export interface Tables {
  connections: ConnectionsTable;
  tokens: TokensTable;
  users: UsersTable;
  user_emails: UserEmailsTable;
  groups: GroupsTable;
  members: MembersTable;
  accounts: AccountsTable;
  deliveries: DeliveriesTable;
  tasks: TasksTable;
  fanouts: FanoutsTable;
  jobs: JobsTable;
  leavers: LeaversTable;
  reconciliations: ReconciliationsTable;
  audit: AuditTable;
  fake_records: FakeRecordsTable;
  leases: LeasesTable;
  instances: InstancesTable;
  meta: MetaTable;
}
