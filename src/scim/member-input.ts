import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { inTurns } from '../core/turn.ts';
import { ScimError } from './errors.ts';
import { isUnassigned } from './values.ts';

/** A member as the identity provider names it; most send no `type`. */
export interface MemberInput {
  value: string;
  type?: 'User' | 'Group';
  display?: string;
}

function refusal(what: string): ScimError {
  return new ScimError(
    400,
    'invalidValue',
    `The attribute members ${what}. Each member is an object whose value is the id of a User or Group.`,
  );
}

function readType(type: Json | undefined): 'User' | 'Group' | undefined {
  if (isUnassigned(type)) return undefined;
  const text = typeof type === 'string' ? type.toLowerCase() : '';
  if (text === 'user') return 'User';
  if (text === 'group') return 'Group';
  throw refusal('has an element whose type is neither User nor Group');
}

function readMember(element: Json): MemberInput {
  const member: JsonObject = isJsonObject(element) ? element : { value: element };
  let [value, type, display]: (Json | undefined)[] = [];
  for (const name in member) {
    const key = name.toLowerCase();
    if (key === 'value') value = member[name];
    else if (key === 'type') type = member[name];
    else if (key === 'display') display = member[name];
  }
  if (typeof value !== 'string' || value === '') throw refusal('has an element without a value');
  const result: MemberInput = { value };
  const memberType = readType(type);
  if (memberType !== undefined) result.type = memberType;
  if (typeof display === 'string' && display !== '') result.display = display;
  return result;
}

/** The members of a body, each once; null and "" are none. Not read by the schema: a group may have 100,000 of them. */
export async function readMembers(value: Json): Promise<MemberInput[]> {
  if (isUnassigned(value)) return [];
  const unique = new Map<string, MemberInput>();
  for await (const elements of inTurns(Array.isArray(value) ? value : [value])) {
    for (const element of elements) {
      if (element === null || element === '') continue;
      const member = readMember(element);
      unique.set(member.value, member);
    }
  }
  return [...unique.values()];
}
