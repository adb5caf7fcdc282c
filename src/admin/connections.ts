import type { Connection } from '../core/connection.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { type JsonObject, sameJson } from '../core/json.ts';
import {
  doubtConnection,
  insertConnection,
  readCredentials,
  resumeConnection,
  updateConnection,
  writeCredentials,
} from '../store/connections.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { lockMapping } from '../store/locks.ts';
import { markAll } from '../store/worklist/mark-due.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { checkBaseUrl } from '../vendor-kit/http-client.ts';
import { pausedByOperator } from './connection-life.ts';
import { type Operator, record, refuse, requireConnection, requireVendor } from './operator.ts';
import { changePolicies, checkPolicyChange, NO_POLICY_CHANGE, type PolicyChange } from './policies.ts';
import { mergeInput, readInput } from './vendor-input.ts';

export interface NewConnectionInput {
  id: ConnectionId;
  vendor: string;
  /** Null: the vendor's. */
  title: string | null;
  settings: JsonObject;
  credentials: JsonObject;
  policies: PolicyChange;
  dryRun: boolean;
}

/** What is absent stays; settings and credentials are merged over the present ones. */
export interface ConnectionEdit {
  title?: string;
  settings?: JsonObject;
  credentials?: JsonObject;
  policies?: PolicyChange;
  dryRun?: boolean;
}

/** What an edit brought about beyond the changed fields. */
export interface EditedConnection {
  connection: Connection;
  /** It was paused for its credential, which has been replaced. */
  resumed: boolean;
  /** Every account is delivered again. */
  dueAgain: boolean;
}

/** It is part of the SCIM base URL and of an HTTP Basic user name. */
const ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Stores a new connection; throws one OperatorError that names everything that is wrong. */
export async function addConnection(operator: Operator, input: NewConnectionInput): Promise<Connection> {
  const { id, credentials, dryRun } = input;
  const vendor = requireVendor(input.vendor);
  if (!ID.test(id)) {
    throw new OperatorError(
      `The id ${JSON.stringify(id)} cannot be part of an address: use 1 to 63 lower-case letters, digits and dashes inside.`,
    );
  }
  const settings = readSettings(operator, vendor, input.settings);
  const checked = readInput(vendor.credentials, credentials, 'credential');
  const policies = policiesUnder(vendor, settings.value, {}, input.policies);
  const faults = [...settings.faults, ...checked.faults, ...policies.faults];
  if (settings.value === null || checked.value === null || policies.result === null || faults.length > 0) {
    refuse(`The connection "${id}" was not added:`, faults);
  }
  const fresh = { id, vendor: vendor.id, title: input.title ?? vendor.title, mapping: {}, dryRun };
  const made = { ...fresh, settings: settings.value, ...policies.result };
  const sealed = checked.value;
  const now = operator.clock.now();
  return inTransaction(operator.db, async (tx) => {
    const connection = await insertConnection(tx, operator.keyring, made, sealed, now);
    const detail = { vendor: vendor.id, settings: input.settings, policies: input.policies.set, dryRun };
    await record(operator, tx, now, { action: 'connection.add', connectionId: id, detail });
    return connection;
  });
}

/** Changes a connection; whatever could change what its accounts are to be makes them all due again. */
export async function editConnection(
  operator: Operator,
  id: ConnectionId,
  edit: ConnectionEdit,
): Promise<EditedConnection> {
  const now = operator.clock.now();
  return inTransaction(operator.db, async (tx) => {
    await lockMapping(tx, id);
    const before = await requireConnection(tx, id);
    const changed = await checkEdit(operator, tx, before, edit);
    let connection = await updateConnection(tx, id, changed.columns, now);
    if (changed.credentials !== null) {
      connection = await writeCredentials(tx, operator.keyring, id, changed.credentials, now);
    }
    const resumed = changed.credentials !== null && before.paused !== null && !pausedByOperator(before);
    if (resumed) connection = await resumeConnection(tx, id, now, false);
    if (leadsElsewhere(before, connection)) connection = await doubtConnection(tx, id, now);
    const dueAgain = deservesDelivery(before, connection);
    if (dueAgain) await markAll(tx, id, 'connection changed', now);
    const detail = auditDetail(edit, resumed);
    await record(operator, tx, now, { action: 'connection.edit', connectionId: id, detail });
    return { connection, resumed, dueAgain };
  });
}

/** The settings that say which company's accounts these are: another one may not have those that are known. */
function leadsElsewhere(before: Connection, after: Connection): boolean {
  const { identity } = requireVendor(after.vendor);
  return identity.some((name) => !sameJson(before.settings[name] ?? null, after.settings[name] ?? null));
}

async function checkEdit(operator: Operator, tx: Transaction, before: Connection, edit: ConnectionEdit) {
  const vendor = requireVendor(before.vendor);
  const settings = readSettings(operator, vendor, mergeInput(before.settings, edit.settings ?? {}));
  const change = edit.policies ?? NO_POLICY_CHANGE;
  const policies = policiesUnder(vendor, settings.value, before.policyOverrides, change);
  const faults = [...settings.faults, ...policies.faults];
  let credentials: JsonObject | null = null;
  if (edit.credentials !== undefined) {
    const known = await knownCredentials(operator, tx, before.id);
    const checked = readInput(vendor.credentials, mergeInput(known, edit.credentials), 'credential');
    faults.push(...checked.faults);
    credentials = checked.value;
  }
  if (settings.value === null || policies.result === null || faults.length > 0) {
    refuse(`The connection "${before.id}" was not changed:`, faults);
  }
  const { title, dryRun } = edit;
  const given = { ...(title !== undefined && { title }), ...(dryRun !== undefined && { dryRun }) };
  return { columns: { ...given, settings: settings.value, ...policies.result }, credentials };
}

/** Those that a lost secret key has sealed are as good as none: all of them are given anew. */
async function knownCredentials(operator: Operator, tx: Transaction, id: ConnectionId): Promise<JsonObject> {
  try {
    return await readCredentials(tx, operator.keyring, id);
  } catch (error) {
    if (error instanceof OperatorError) return {};
    throw error;
  }
}

function readSettings(operator: Operator, vendor: AnyVendor, given: JsonObject) {
  const read = readInput(vendor.settings, given, 'setting');
  if (read.value === null) return read;
  try {
    checkBaseUrl(String(read.value['baseUrl']), operator.allowHttpLoopback);
    return read;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { value: null, faults: [error.message] };
  }
}

/** Under settings that are wrong themselves, nothing can be said of what the vendor can do. */
function policiesUnder(
  vendor: AnyVendor,
  settings: JsonObject | null,
  current: Connection['policyOverrides'],
  change: PolicyChange,
) {
  const own = checkPolicyChange(change);
  if (settings === null || own.length > 0) return { faults: own, result: null };
  const { overrides, policies, faults } = changePolicies(vendor, settings, current, change);
  return { faults, result: { policies, policyOverrides: overrides } };
}

function deservesDelivery(before: Connection, after: Connection): boolean {
  const live = before.dryRun && !after.dryRun;
  return live || !sameJson(before.settings, after.settings) || !sameJson(before.policies, after.policies);
}

function auditDetail(edit: ConnectionEdit, resumed: boolean): JsonObject {
  const { title, settings, credentials, policies, dryRun } = edit;
  return {
    ...(title !== undefined && { title }),
    ...(settings !== undefined && { settings }),
    ...(credentials !== undefined && { credentials: Object.keys(credentials) }),
    ...(policies !== undefined && { policies: policies.set, policiesReset: [...policies.reset] }),
    ...(dryRun !== undefined && { dryRun }),
    ...(resumed && { resumed }),
  };
}
