import { type ZodType, z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';

/** One setting, credential or policy, as help shows it. */
export interface InputField {
  /** Dotted where it lies inside another, as in `scim.enabled`. */
  name: string;
  /** JSON types; `null` among them where it may be unset. */
  types: readonly string[];
  values: readonly Json[];
  required: boolean;
  default?: Json;
  description: string;
}

/** The fields of an object schema in its own order, those of inner objects in place of these. */
export function describeInput(schema: ZodType): InputField[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject;
  return fieldsOf(json, '');
}

function fieldsOf(schema: JsonObject, prefix: string): InputField[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, node]) => {
    if (!isJsonObject(node)) return [];
    if (isJsonObject(node['properties'])) return fieldsOf(node, `${prefix}${name}.`);
    return [describeField(`${prefix}${name}`, node, required.includes(name))];
  });
}

function describeField(name: string, node: JsonObject, required: boolean): InputField {
  const variants = (Array.isArray(node['anyOf']) ? node['anyOf'] : [node]).filter(isJsonObject);
  const types = variants.map(({ type }) => type).filter((type) => typeof type === 'string');
  const values = variants.flatMap((variant) => (Array.isArray(variant['enum']) ? variant['enum'] : []));
  const description = typeof node['description'] === 'string' ? node['description'] : '';
  const fallback = node['default'];
  return { name, types, values, required, description, ...(fallback !== undefined && { default: fallback }) };
}

/** The value as the schema makes it, or what is wrong with it: one sentence a fault, which names the field and never its value. */
export function readInput(
  schema: ZodType<JsonObject>,
  value: JsonObject,
  kind: 'setting' | 'credential' | 'policy',
): { value: JsonObject; faults: [] } | { value: null; faults: string[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, faults: [] };
  const fields = describeInput(schema);
  const faults = parsed.error.issues.flatMap((issue) => describeIssue(issue, fields, kind));
  return { value: null, faults };
}

function describeIssue(issue: z.core.$ZodIssue, fields: readonly InputField[], kind: string): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = fields.map(({ name }) => name).join(', ');
    return issue.keys.map((key) => `There is no ${kind} "${[...path, key].join('.')}"; there are: ${known}.`);
  }
  const name = path.join('.');
  const field = fields.find((one) => one.name === name);
  const about = field === undefined || field.description === '' ? '' : ` ${field.description}`;
  if (field !== undefined && issue.code === 'invalid_type' && issue.input === undefined && field.required) {
    return [`The ${kind} ${name} is missing.${about}`];
  }
  return [`The ${kind} ${name} ${faultOf(issue)}.${about}`];
}

const TYPE_NAMES: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
};

function faultOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must not be less than ${issue.minimum}${issue.origin === 'string' ? ' characters long' : ''}`;
    case 'too_big':
      return `must not be more than ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`;
    default:
      return `is not right: ${issue.message}`;
  }
}

/** `changes` over `base`: inner objects are merged, anything else is replaced. */
export function mergeInput(base: JsonObject, changes: JsonObject): JsonObject {
  const merged = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    const former = merged[name];
    merged[name] = isJsonObject(former) && isJsonObject(value) ? mergeInput(former, value) : value;
  }
  return merged;
}
