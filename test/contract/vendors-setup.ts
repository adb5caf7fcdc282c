import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { VendorAccount } from '../../src/core/account.ts';
import { VendorError } from '../../src/core/errors.ts';
import type { Field, FieldValue, FieldValues } from '../../src/core/field.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { FakeRecords } from '../../src/core/ports.ts';
import type { AnyVendor } from '../../src/vendor-kit/define.ts';
import type { FakeAccount } from '../../src/vendor-kit/fake.ts';
import { createVendorHttp } from '../../src/vendor-kit/http-client.ts';
import type { CreateOutcome, Session, WantedCreate } from '../../src/vendor-kit/vendor.ts';
import { type Fake, loadFake } from '../../src/vendors/fakes.ts';
import { vendors } from '../../src/vendors/index.ts';

/** Records that live as long as the test. */
export function memoryRecords(): FakeRecords {
  const kinds = new Map<string, Map<string, JsonObject>>();
  const kindOf = (kind: string) => {
    const rows = kinds.get(kind) ?? new Map<string, JsonObject>();
    kinds.set(kind, rows);
    return rows;
  };
  return {
    all: async (kind) => new Map(kindOf(kind)),
    put: async (kind, key, record) => void kindOf(kind).set(key, structuredClone(record)),
    delete: async (kind, key) => void kindOf(kind).delete(key),
  };
}

export interface LoggedCall {
  method: string;
  path: string;
  status: number | null;
  body: string;
}

/** Corezoid sends its reads by POST too. */
const LIST_OP = /^\{"ops":\[\{"id":"1","type":"list",/;

/** What may have changed something at the vendor. */
export function effectsAmong(calls: readonly LoggedCall[]): LoggedCall[] {
  return calls.filter(({ method, body }) => method !== 'GET' && !LIST_OP.test(body));
}

/** One vendor's fake, listening, with a session to it; a method that makes a second call with effects fails the test. */
export interface Stage {
  vendor: AnyVendor;
  fake: Fake;
  settings: JsonObject;
  session: Session;
  /** Another session with other credentials. */
  connect(credentials: JsonObject): Session;
  calls(): Promise<LoggedCall[]>;
  accounts(): Promise<FakeAccount[]>;
  seed(key: string, vendor?: JsonObject): Promise<void>;
  fault(fault: JsonObject): Promise<void>;
  /** Everything at `/_fake/<path>`. */
  control(method: string, path: string, body?: JsonObject): Promise<Response>;
  close(): Promise<void>;
}

interface StageOptions {
  settings?: object;
  quirks?: JsonObject;
  records?: FakeRecords;
}

export async function openStage(vendor: AnyVendor, options: StageOptions = {}): Promise<Stage> {
  const fake = await loadFake(vendor.id);
  const server = createServer(await fake.create(options.records ?? memoryRecords(), options.quirks));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = settingsFor(vendor, fake, url, options.settings);
  const http = createVendorHttp({ baseUrl: String(settings['baseUrl']), allowHttpLoopback: true });
  const connect = (credentials: JsonObject) =>
    watchEffects(vendor.connect(settings, credentials, http), async () => effectsAmong(await readCalls()));
  async function control(method: string, path: string, body?: JsonObject): Promise<Response> {
    const response = await fetch(`${url}/_fake/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    expect(response.ok, `${method} /_fake/${path} failed: ${response.status}`).toBe(true);
    return response;
  }
  async function readCalls(): Promise<LoggedCall[]> {
    const { calls } = (await (await control('GET', 'calls')).json()) as { calls: LoggedCall[] };
    return calls;
  }
  return {
    vendor,
    fake,
    settings,
    session: connect(fake.sandbox.credentials),
    connect,
    control,
    calls: readCalls,
    async accounts() {
      const { accounts } = (await (await control('GET', 'accounts')).json()) as { accounts: FakeAccount[] };
      return accounts;
    },
    seed: async (key, described = {}) => void (await control('POST', 'accounts', { key, vendor: described })),
    fault: async (fault) => void (await control('POST', 'faults', fault)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same session; each of its methods proves, however it ends, that it made no second call with effects. */
function watchEffects<T extends object>(session: T, effects: () => Promise<LoggedCall[]>): T {
  return new Proxy(session, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member === 'object' && member !== null) return watchEffects(member, effects);
      if (typeof member !== 'function' || name === 'list') return member;
      return async (...parts: unknown[]) => {
        const before = await effects();
        try {
          return await Reflect.apply(member, target, parts);
        } finally {
          const made = (await effects()).slice(before.length);
          expect(made.length, `calls with effects: ${JSON.stringify(made)}`).toBeLessThanOrEqual(1);
        }
      };
    },
  });
}

/** What the sandbox sets for a fake at `url`, with the test's own settings over it. */
function settingsFor(vendor: AnyVendor, fake: Fake, url: string, own: object = {}): JsonObject {
  return vendor.settings.parse({ ...fake.sandbox.settings(url), ...own });
}

/** Every vendor under each of its presets. */
export async function contractCases() {
  const cases = vendors.map(async (vendor) => {
    const fake = await loadFake(vendor.id);
    return vendor.presets.map((preset) => {
      const supports = vendor.supports(settingsFor(vendor, fake, 'http://127.0.0.1', preset.settings));
      return { name: `${vendor.title}, ${preset.name}`, vendor, settings: preset.settings, supports };
    });
  });
  return (await Promise.all(cases)).flat();
}

/** What the field table's defaults give for Ana Díaz. */
export function wantedFor({ vendor, fake, settings }: Stage, address: string): WantedCreate {
  const fields: FieldValues = {};
  for (const field of vendor.fields) {
    const off = field.offBySetting !== undefined && settings[field.offBySetting] === false;
    const value = off || field.set === 'update' ? undefined : defaultFor(field, fake, settings, address);
    if (value !== undefined) fields[field.name] = value;
  }
  return { address, fields };
}

function defaultFor(field: Field, fake: Fake, settings: JsonObject, address: string): FieldValue | undefined {
  const person = {
    address,
    given: 'Ana',
    family: 'Díaz',
    full: 'Ana Díaz',
    displayName: 'Ana Díaz',
    externalId: `ext-${address}`,
  };
  const source = field.default;
  switch (source.from) {
    case 'constant':
      return source.value;
    case 'setting': {
      const value = settings[source.name] as FieldValue | null | undefined;
      if (value === null || value === undefined) return fake.examples[field.name]?.[0];
      return field.type === 'list' && !Array.isArray(value) ? [value] : value;
    }
    case 'none':
      return field.required ? fake.examples[field.name]?.[0] : undefined;
    default:
      return person[source.from];
  }
}

/** A value that the field may have and does not have now. */
export function otherValue(field: Field, current: FieldValue | undefined, fake: Fake): FieldValue {
  const example = fake.examples[field.name]?.[1];
  if (example !== undefined) return example;
  if (field.type === 'boolean') return current !== true;
  if (field.type === 'integer') return current === 1 ? 2 : 1;
  const value = field.values?.find((one) => one !== current) ?? 'Changed';
  return field.type === 'list' ? [value] : value;
}

export async function listAll(session: Session): Promise<VendorAccount[]> {
  return Array.fromAsync(session.list());
}

export function accountOf(outcome: CreateOutcome | undefined): VendorAccount {
  if (outcome && 'account' in outcome) return outcome.account;
  throw outcome?.error ?? new Error('There is no outcome.');
}

export function errorOf(outcome: CreateOutcome | undefined): VendorError {
  if (outcome && 'error' in outcome) return outcome.error;
  throw new Error('The create was expected to fail.');
}

/** The VendorError that a call ends in. */
export async function failureOf(call: Promise<unknown>): Promise<VendorError> {
  const error = await call.then(
    () => new Error('The call was expected to fail.'),
    (reason: unknown) => reason,
  );
  if (error instanceof VendorError) return error;
  throw error;
}
