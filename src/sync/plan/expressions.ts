import jsonata, { type Expression } from 'jsonata';
import { VendorError } from '../../core/errors.ts';
import type { Field, FieldTable, FieldValue, FieldValues } from '../../core/field.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Mapping } from '../../core/mapping.ts';
import { ENTERPRISE_USER } from '../../core/user.ts';
import { checkExpression } from './expression-check.ts';

/** Evaluates a mapping's expressions over a User document; throws VendorError REJECTED naming the field. */
export type Evaluate = (document: JsonObject) => Promise<FieldValues>;

/** The mapping's expressions, compiled once. One that is no longer allowed refuses every User it would be asked for. */
export function compileExpressions(mapping: Mapping, fields: FieldTable): Evaluate {
  const compiled: { field: Field; evaluate: (input: JsonObject) => Promise<Json | undefined> }[] = [];
  for (const field of fields) {
    const source = mapping[field.name]?.source;
    if (source === undefined || !('expression' in source)) continue;
    compiled.push({ field, evaluate: compile(field, source.expression) });
  }
  return async (document) => {
    const input = expressionInput(document);
    const values: FieldValues = {};
    for (const { field, evaluate } of compiled) {
      const value = shapeResult(field, await evaluate(input));
      if (value !== undefined) values[field.name] = value;
    }
    return values;
  };
}

function compile(field: Field, text: string): (input: JsonObject) => Promise<Json | undefined> {
  const fault = checkExpression(text);
  if (fault !== null) {
    return () => Promise.reject(new VendorError('REJECTED', `The mapping of ${field.name}: ${fault}`));
  }
  const expression: Expression = jsonata(text);
  boundGrowth(expression);
  return async (input) => {
    try {
      const result: unknown = await expression.evaluate(input);
      // JSONata's sequences are arrays with more on them; plain JSON is what is compared and sent.
      return result === undefined ? undefined : (JSON.parse(JSON.stringify(result)) as Json);
    } catch (error) {
      const { message } = error as { message: string };
      throw new VendorError(
        'REJECTED',
        `The expression that maps ${field.name} fails for this User: ${message}`,
      );
    }
  };
}

/** No text that an expression makes may be longer than this; vendors' limits are far below. */
const MAX_TEXT = 10_000;

/** The functions that can multiply a text are replaced by ones that refuse to. */
function boundGrowth(expression: Expression): void {
  expression.assign('replace', (text?: string, pattern?: string, replacement = '', limit?: number) => {
    if (text === undefined || pattern === undefined) return text;
    if (pattern === '') throw new Error('The second argument of $replace must not be empty.');
    const parts = text.split(pattern);
    const count = Math.min(limit ?? parts.length, parts.length - 1);
    const kept = parts.slice(count).join(pattern);
    return bounded([...parts.slice(0, count), kept], replacement);
  });
  expression.assign('join', (list?: string | string[], separator = '') => {
    if (list === undefined) return undefined;
    return bounded(typeof list === 'string' ? [list] : list, separator);
  });
}

function bounded(parts: readonly string[], separator: string): string {
  const length = parts.reduce((sum, part) => sum + String(part).length + separator.length, 0);
  if (length > MAX_TEXT) throw new Error(`A text would be longer than ${MAX_TEXT} characters.`);
  return parts.join(separator);
}

/** The User as expressions see it: its attributes, with the enterprise extension under `enterprise`. */
function expressionInput(document: JsonObject): JsonObject {
  const enterprise = document[ENTERPRISE_USER];
  return { ...document, enterprise: isJsonObject(enterprise) ? enterprise : {} };
}

/** More than one result for a single value: the first. A single result for a list: a list of one. Nothing: no value. */
function shapeResult(field: Field, result: Json | undefined): FieldValue | undefined {
  if (result === undefined || result === null || result === '') return undefined;
  if (field.type === 'list') return Array.isArray(result) ? result : [result];
  const single = Array.isArray(result) ? result[0] : result;
  return single === undefined || single === null ? undefined : (single as FieldValue);
}
