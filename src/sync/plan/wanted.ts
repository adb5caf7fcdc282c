import type { Presence } from '../../core/account.ts';
import { addressFault, quoteAddress } from '../../core/address.ts';
import type { Connection } from '../../core/connection.ts';
import type { Field, FieldValue, FieldValues } from '../../core/field.ts';
import type { GroupId } from '../../core/ids.ts';
import { isJsonObject, type Json, type JsonObject, sameJson } from '../../core/json.ts';
import type { GroupRule } from '../../core/mapping.ts';
import { isActive, type User } from '../../core/user.ts';
import { vendorUrn } from '../../core/vendor-urn.ts';
import type { AnyVendor } from '../../vendor-kit/define.ts';
import { fieldFault } from './field-check.ts';
import { type Person, readPerson } from './person.ts';

/**
 * Where a value came from decides whether an account that was there before gets it: `idp` and `rule` are someone's word about
 * this person, `constant` and `default` are not.
 */
export interface WantedField {
  value: FieldValue;
  from: 'idp' | 'rule' | 'constant' | 'default';
}

/** The vendor fields and the presence that a User and its Groups map to. */
export interface Wanted {
  presence: Presence;
  why: 'active' | 'deactivated' | 'deleted';
  /** Of a leaver it is where the account is looked for; null: nothing that the vendor takes can be mapped. */
  address: string | null;
  fields: Record<string, WantedField>;
}

export interface MappingInput {
  connection: Connection;
  vendor: AnyVendor;
  /** Null: deleted. */
  user: User | null;
  /** A deleted User's document, until its address is mapped. */
  kept: JsonObject | null;
  groupIds: ReadonlySet<GroupId>;
  /** The vendor's ids of the User's mirrored groups. */
  vendorGroupIds: readonly string[];
  /** What the connection's expressions gave for this User, by field name. */
  computed: FieldValues;
}

/** What the User is to have at the vendor, or why the vendor cannot take it (one sentence for the admin). Pure. */
export function mapUser(input: MappingInput): { wanted: Wanted } | { refusal: string } {
  const { user } = input;
  if (user === null || !isActive(user.document)) return { wanted: leaver(input) };
  const address = mappedAddress(input, user.document);
  const refusal = addressRefusal(address, input.connection, input.vendor.title);
  if (refusal !== null) return { refusal };
  const person = readPerson(user.document);
  const fields: Record<string, WantedField> = {};
  for (const field of input.vendor.fields) {
    if (isOff(field, input.connection)) continue;
    const found = withMirrored(field, fieldValue(field, input, user.document, person), input);
    const fault = checkField(field, found, input.vendor.title);
    if (fault !== null) return { refusal: fault };
    if (found !== null && !isOmitted(field, found.value)) fields[field.name] = found;
  }
  return { wanted: { presence: 'active', why: 'active', address: String(address), fields } };
}

/** Of a leaver only the address is mapped; a mapping that refuses leaves nothing to look for. */
function leaver(input: MappingInput): Wanted {
  const { user, kept } = input;
  const document = user?.document ?? kept;
  const mapped = document === null ? null : mappedAddress(input, document);
  const refused = addressRefusal(mapped, input.connection, input.vendor.title) !== null;
  const address = refused ? null : String(mapped);
  const presence = user === null ? 'absent' : 'suspended';
  return { presence, why: user === null ? 'deleted' : 'deactivated', address, fields: {} };
}

function mappedAddress(input: MappingInput, document: JsonObject): FieldValue | null | undefined {
  const person = readPerson(document);
  const key = input.vendor.fields.find((field) => field.set === 'key');
  return key === undefined ? person.address : fieldValue(key, input, document, person)?.value;
}

function isOff(field: Field, connection: Connection): boolean {
  return field.offBySetting !== undefined && connection.settings[field.offBySetting] === false;
}

/** An address is trimmed, wherever it comes from. */
function fieldValue(
  field: Field,
  input: MappingInput,
  document: JsonObject,
  person: Person,
): WantedField | null {
  const found = firstValue(field, input, document, person);
  return field.set === 'key' && typeof found?.value === 'string'
    ? { ...found, value: found.value.trim() }
    : found;
}

/** The extension attribute, then group rules, then the connection's own source, then the default. */
function firstValue(
  field: Field,
  input: MappingInput,
  document: JsonObject,
  person: Person,
): WantedField | null {
  const extension = document[vendorUrn(input.vendor.id)];
  const pushed = isJsonObject(extension) ? extension[field.name] : undefined;
  if (pushed !== undefined && pushed !== null) return { value: pushed as FieldValue, from: 'idp' };
  const mapping = input.connection.mapping[field.name];
  const ruled = ruledValue(field, mapping?.rules ?? [], input.groupIds);
  if (ruled !== null) return { value: ruled, from: 'rule' };
  if (mapping?.source !== undefined && 'constant' in mapping.source) {
    return { value: mapping.source.constant, from: 'constant' };
  }
  const computed = input.computed[field.name];
  if (computed !== undefined) return { value: computed, from: 'idp' };
  return defaultValue(field, input.connection, document, person);
}

/** A mirrored membership is someone's word about this person, so it counts as a rule's; so does having none left. */
function withMirrored(field: Field, found: WantedField | null, input: MappingInput): WantedField | null {
  if (field.mirrored !== true || input.connection.policies.groups !== 'mirror') return found;
  const ids = input.vendorGroupIds;
  if (ids.length === 0 && found !== null) return found;
  const mirrored: Json[] = field.items === 'integer' ? ids.map(Number) : [...ids];
  const others = Array.isArray(found?.value) && found.from !== 'default' ? found.value : [];
  return { value: [...mirrored, ...others.filter((id) => !mirrored.includes(id))], from: 'rule' };
}

/** The first match for a single value; all matches joined for a list, each element once. */
function ruledValue(
  field: Field,
  rules: readonly GroupRule[],
  groupIds: ReadonlySet<GroupId>,
): FieldValue | null {
  const matches = rules.filter((rule) => groupIds.has(rule.groupId));
  if (matches.length === 0) return null;
  if (field.type !== 'list') return matches[0]?.value ?? null;
  const joined: Json[] = [];
  for (const item of matches.flatMap((rule) => rule.value as Json | Json[])) {
    if (!joined.some((other) => sameJson(other, item))) joined.push(item);
  }
  return joined;
}

function defaultValue(
  field: Field,
  connection: Connection,
  document: JsonObject,
  person: Person,
): WantedField | null {
  const source = field.default;
  switch (source.from) {
    case 'none':
      return null;
    case 'constant':
      return { value: source.value, from: 'default' };
    case 'setting': {
      const value = connection.settings[source.name];
      if (value === undefined || value === null || value === '') return null;
      const list = field.type === 'list' && !Array.isArray(value) ? [value] : value;
      return { value: list as FieldValue, from: 'default' };
    }
    case 'displayName':
    case 'externalId': {
      const value = document[source.from];
      return typeof value === 'string' && value.trim() !== '' ? { value: value.trim(), from: 'idp' } : null;
    }
    default: {
      const value = person[source.from];
      return value === null ? null : { value, from: 'idp' };
    }
  }
}

function checkField(field: Field, found: WantedField | null, vendorTitle: string): string | null {
  if (field.set === 'key') return found === null ? null : typeFault(field, found, vendorTitle);
  const empty = found === null || (Array.isArray(found.value) && found.value.length === 0);
  if (empty) {
    if (field.required !== true) return null;
    const hint = field.sourceHint ?? `the mapping of ${field.name}`;
    return `${vendorTitle} needs ${field.name}: set ${hint}.`;
  }
  return isOmitted(field, found.value) ? null : typeFault(field, found, vendorTitle);
}

function typeFault(field: Field, found: WantedField, vendorTitle: string): string | null {
  const fault = fieldFault(field, found.value);
  return fault === null ? null : `${vendorTitle} does not take this ${field.name}: the value ${fault}.`;
}

function isOmitted(field: Field, value: FieldValue): boolean {
  return (
    field.omitIfTooLong === true &&
    field.maxLength !== undefined &&
    typeof value === 'string' &&
    [...value].length > field.maxLength
  );
}

function addressRefusal(
  address: FieldValue | null | undefined,
  connection: Connection,
  title: string,
): string | null {
  if (typeof address !== 'string' || address === '') {
    return `${title} needs an e-mail address: map emails or userName.`;
  }
  const fault = addressFault(address);
  if (fault !== null) {
    return `${title} needs an e-mail address, and ${quoteAddress(address)} ${fault}: map emails or userName.`;
  }
  const domains = connection.policies.allowedDomains;
  const domain = address.slice(address.indexOf('@') + 1).toLowerCase();
  if (domains.length > 0 && !domains.includes(domain)) {
    return `Nobody outside ${domains.join(', ')} is invited on this connection: ${address} is not (allowedDomains).`;
  }
  return null;
}
