import { z } from 'zod';
import type { Connection } from '../core/connection.ts';
import type { FieldValue } from '../core/field.ts';
import type { ConnectionId } from '../core/ids.ts';
import { type JsonObject, sameJson } from '../core/json.ts';
import type { FieldMapping, GroupRule, Mapping } from '../core/mapping.ts';
import { updateConnection } from '../store/connections.ts';
import { inTransaction } from '../store/database.ts';
import { findGroups, type GroupName } from '../store/group-names.ts';
import { lockMapping } from '../store/locks.ts';
import { markAll } from '../store/worklist/mark-due.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { type Operator, record, refuse, requireConnection, requireVendor } from './operator.ts';

/** What is wrong with a mapping whose groups are known, a sentence each (sync/mapping-check). */
export type CheckMapping = (vendor: AnyVendor, mapping: Mapping) => string[];

const Value = z.union(
  [z.string(), z.number(), z.boolean(), z.array(z.json())],
  'must be a text, a number, true, false or a list',
);
const Source = z.union(
  [z.strictObject({ constant: Value }), z.strictObject({ expression: z.string() })],
  'must be {"constant": …} or {"expression": "…"}',
);
const Rule = z.strictObject(
  { group: z.string('must be a Group’s id or displayName').min(1, 'must not be empty'), value: Value },
  'must be {"group": …, "value": …}',
);
const FileEntry = z.strictObject(
  { rules: z.array(Rule, 'must be a list').optional(), source: Source.optional() },
  'must be {"rules": […], "source": {…}}',
);
const MappingFile = z.record(z.string(), FileEntry, 'must be an object with an entry for each field');

/** A mapping as an admin writes it: per field, rules that name Groups by id or displayName, and a source. */
export type MappingFile = z.infer<typeof MappingFile>;

const NOT_VALID = 'The mapping is not right, and nothing was saved:';

/** Reads a mapping as it is in a file; throws one OperatorError that names every fault. */
export async function readMapping(
  operator: Operator,
  connectionId: ConnectionId,
  file: unknown,
  check: CheckMapping,
): Promise<Mapping> {
  const connection = await requireConnection(operator.db, connectionId);
  const parsed = MappingFile.safeParse(file);
  if (!parsed.success) refuse(NOT_VALID, parsed.error.issues.map(describeIssue));
  const groups = await groupsOf(operator, connectionId, parsed.data);
  const faults: string[] = [];
  const mapping: Mapping = {};
  for (const [field, entry] of Object.entries(parsed.data)) {
    mapping[field] = toFieldMapping(field, entry, groups, faults);
  }
  faults.push(...check(requireVendor(connection.vendor), mapping));
  if (faults.length > 0) refuse(NOT_VALID, faults);
  return mapping;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const [field, ...rest] = issue.path;
  const place = rest
    .map((step) => (typeof step === 'number' ? `rule ${step + 1}` : String(step)))
    .filter((step, index) => step !== 'rules' || index === rest.length - 1)
    .join(', ');
  const where = field === undefined ? 'The mapping' : `The mapping of ${String(field)}`;
  const detail =
    issue.code === 'unrecognized_keys'
      ? `has the unknown member "${issue.keys.join('", "')}"`
      : issue.message;
  return `${where}${place === '' ? ' ' : `: ${place} `}${detail}.`;
}

/** By the text that a rule names it with; a Group's id wins over another one's name. */
async function groupsOf(
  operator: Operator,
  connectionId: ConnectionId,
  file: MappingFile,
): Promise<(named: string) => GroupName | undefined> {
  const named = Object.values(file).flatMap(({ rules = [] }) => rules.map(({ group }) => group));
  return findGroups(operator.db, connectionId, named);
}

function toFieldMapping(
  field: string,
  entry: MappingFile[string],
  groups: (named: string) => GroupName | undefined,
  faults: string[],
): FieldMapping {
  const { rules = [], source } = entry;
  const known: GroupRule[] = [];
  for (const { group, value } of rules) {
    const found = groups(group);
    if (found === undefined) {
      faults.push(
        `The mapping of ${field} names the Group ${JSON.stringify(group)}, and the identity provider has pushed none of that id or displayName.`,
      );
    }
    // With a fault nothing is saved, so that the value of a rule without a Group is judged all the same.
    const groupName = found?.displayName ?? group;
    known.push({ groupId: found?.id ?? '', groupName, value: value as FieldValue });
  }
  const shown = rules.length === 0 ? {} : { rules: known };
  return { ...shown, ...(source !== undefined && { source: source as NonNullable<FieldMapping['source']> }) };
}

/** Saves a mapping that `readMapping` gave, and makes every account due again if it is another one. */
export async function saveMapping(
  operator: Operator,
  connectionId: ConnectionId,
  mapping: Mapping,
): Promise<Connection> {
  const now = operator.clock.now();
  return inTransaction(operator.db, async (tx) => {
    await lockMapping(tx, connectionId);
    const before = await requireConnection(tx, connectionId);
    if (sameJson(before.mapping, mapping)) return before;
    const connection = await updateConnection(tx, connectionId, { mapping }, now);
    await markAll(tx, connectionId, 'mapping changed', now);
    const detail = { fields: Object.keys(mapping), mapping: mapping as unknown as JsonObject };
    await record(operator, tx, now, { action: 'mapping.set', connectionId, detail });
    return connection;
  });
}

/** The mapping in force, as `readMapping` takes it; a Group goes by its present name, one that is gone by its id. */
export async function showMapping(operator: Operator, connectionId: ConnectionId): Promise<MappingFile> {
  const { mapping } = await requireConnection(operator.db, connectionId);
  const ids = Object.values(mapping).flatMap(({ rules = [] }) => rules.map(({ groupId }) => groupId));
  const groups = await findGroups(operator.db, connectionId, ids);
  return Object.fromEntries(
    Object.entries(mapping).map(([field, { rules, source }]) => {
      const named = rules?.map(({ groupId, value }) => ({
        group: groups(groupId)?.displayName ?? groupId,
        value,
      }));
      return [field, { ...(named && { rules: named }), ...(source && { source }) }];
    }),
  );
}
