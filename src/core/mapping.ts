import type { FieldValue } from './field.ts';
import type { GroupId } from './ids.ts';

/** A rule holds the group's id; the name is what the admin is shown. */
export interface GroupRule {
  groupId: GroupId;
  groupName: string;
  value: FieldValue;
}

/** The connection's own source of a field's value. */
export type FieldSource = { constant: FieldValue } | { expression: string };

export interface FieldMapping {
  /** In order: the first match for a single value, all matches joined for a list. */
  rules?: GroupRule[];
  source?: FieldSource;
}

/** Per field name of the vendor's field table. */
export type Mapping = Record<string, FieldMapping>;

/** The groups whose members' accounts depend on membership. */
export function mappedGroupIds(mapping: Mapping): Set<GroupId> {
  return new Set(Object.values(mapping).flatMap((field) => (field.rules ?? []).map((rule) => rule.groupId)));
}
