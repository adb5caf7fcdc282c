import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type PolicyChange, PolicyOverrides } from '../admin/policies.ts';
import { describeInput, type InputField, mergeInput } from '../admin/vendor-input.ts';
import { OperatorError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { askSecret, readInputText } from './prompt.ts';
import { type Shell, UsageError } from './shell.ts';

/** Where a connection's settings, credentials and policies come from, as commander gives it. */
export interface InputOptions {
  set?: string[];
  settingsFile?: string;
  credential?: string[];
  credentialsFile?: string;
  policy?: string[];
}

const STDIN = '-';
/** In `--policy name=default`: what the vendor has instead. */
const DEFAULT = 'default';

/** Undefined: none given. Flags win over the file. */
export async function readSettings(
  shell: Shell,
  vendor: AnyVendor,
  options: InputOptions,
): Promise<JsonObject | undefined> {
  const { set = [], settingsFile } = options;
  if (set.length === 0 && settingsFile === undefined) return undefined;
  const base = settingsFile === undefined ? {} : await readJsonFile(shell, settingsFile);
  return readPairs('--set', set, describeInput(vendor.settings), base);
}

/** Undefined: none given. On a terminal, `-` and (with `askMissing`) what is required and missing are asked for unseen. */
export async function readCredentials(
  shell: Shell,
  vendor: AnyVendor,
  options: InputOptions & { askMissing: boolean },
): Promise<JsonObject | undefined> {
  const { credential = [], credentialsFile } = options;
  checkStdinUse(shell, options);
  const given = credentialsFile === undefined ? {} : await readJsonFile(shell, credentialsFile);
  for (const name of credential.map(secretName)) given[name] = await readSecret(shell, name);
  if (options.askMissing && shell.stdin.isTTY === true) {
    const missing = describeInput(vendor.credentials).filter(
      ({ name, required }) => required && !(name in given),
    );
    for (const { name, description } of missing) {
      given[name] = await askSecret(shell, `${name} (${description.replace(/\.$/, '')})`);
    }
  }
  return Object.keys(given).length === 0 ? undefined : given;
}

/** Undefined: none given. `name=default` leaves the policy to the vendor again. */
export function readPolicies({ policy = [] }: InputOptions): PolicyChange | undefined {
  if (policy.length === 0) return undefined;
  const pairs = policy.map((pair) => splitPair('--policy', pair));
  const reset = pairs.filter(([, text]) => text === DEFAULT).map(([name]) => name);
  const others = policy.filter((pair) => splitPair('--policy', pair)[1] !== DEFAULT);
  return { set: readPairs('--policy', others, describeInput(PolicyOverrides), {}), reset };
}

/** `-` is standard input. What the file holds is never part of a message. */
export async function readJsonFile(shell: Shell, file: string): Promise<JsonObject> {
  const name = file === STDIN ? 'Standard input' : `The file ${JSON.stringify(file)}`;
  const text = file === STDIN ? await readInputText(shell) : readTextFile(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError(`${name} is not valid JSON: give an object such as {"name": "value"}.`);
  }
  const parsed = z.record(z.string(), z.json()).safeParse(value);
  if (!parsed.success)
    throw new OperatorError(`${name} is no JSON object: give one such as {"name": "value"}.`);
  return parsed.data;
}

function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new OperatorError(`The file ${JSON.stringify(file)} cannot be read${code}.`, { cause: error });
  }
}

function checkStdinUse(shell: Shell, { credential = [], credentialsFile, settingsFile }: InputOptions): void {
  const prompts = shell.stdin.isTTY === true ? 0 : credential.length;
  const uses = prompts + [credentialsFile, settingsFile].filter((file) => file === STDIN).length;
  if (uses > 1) {
    throw new UsageError(
      'Standard input can be read once: give several credentials as one JSON object with --credentials-file -.',
    );
  }
}

/** Command lines are seen by other users and kept in histories, so a secret is never taken from one, nor repeated. */
function secretName(pair: string): string {
  const [name, text] = splitPair('--credential', pair);
  if (text === STDIN) return name;
  throw new UsageError(
    `Command lines can be seen by others: give --credential ${name}=- and the value on standard input, or use --credentials-file.`,
  );
}

async function readSecret(shell: Shell, name: string): Promise<string> {
  if (shell.stdin.isTTY === true) return askSecret(shell, name);
  return (await readInputText(shell)).replace(/\r?\n$/, '');
}

function readPairs(
  option: string,
  pairs: readonly string[],
  fields: readonly InputField[],
  base: JsonObject,
): JsonObject {
  return pairs
    .map((pair) => splitPair(option, pair))
    .map(([name, text]) =>
      nest(
        name.split('.'),
        readText(
          text,
          fields.find((field) => field.name === name),
        ),
      ),
    )
    .reduce(mergeInput, base);
}

/** The value after the sign is not repeated: somebody may have put a credential there. */
function splitPair(option: string, pair: string): [string, string] {
  const sign = pair.indexOf('=');
  if (sign > 0) return [pair.slice(0, sign), pair.slice(sign + 1)];
  throw new UsageError(`${option} takes name=value.`);
}

function nest([name = '', ...rest]: readonly string[], value: Json): JsonObject {
  return { [name]: rest.length === 0 ? value : nest(rest, value) };
}

/** A text as the JSON type that the field wants; one that cannot be read stays a text, and the field's schema refuses it. */
function readText(text: string, field: InputField | undefined): Json {
  const types = field?.types ?? [];
  if (types.includes('null') && text === 'null') return null;
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (
    (types.includes('number') || types.includes('integer')) &&
    text.trim() !== '' &&
    !Number.isNaN(Number(text))
  ) {
    return Number(text);
  }
  if (types.includes('array')) return readList(text);
  return text;
}

function readList(text: string): Json {
  const items = text.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}
