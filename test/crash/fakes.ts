import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import type { JsonObject } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Listener, listen } from '../../src/http/listener.ts';
import type { FakeAccount } from '../../src/vendor-kit/fake.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { memoryRecords } from '../contract/vendors-setup.ts';

export interface Call {
  method: string;
  path: string;
  body: string;
}

/** The fake vendors outside the process that is killed, so that their call logs outlive it. */
export interface DurableFakes {
  /** `http://127.0.0.1:<port>`, or https; each vendor under its id. */
  origin: string;
  accounts(vendor: string): Promise<FakeAccount[]>;
  calls(vendor: string): Promise<Call[]>;
  /** Puts an account there, or has the next calls fail, behind Causeway's back. */
  control(vendor: string, path: 'accounts' | 'faults', body: JsonObject): Promise<void>;
  /** Everybody who is invited accepts. */
  acceptAll(): Promise<void>;
  close(): Promise<void>;
}

/** `tls`: they are called by https, with the certificate of the tests, as in a real start. `watch` is passed each call first. */
export async function startDurableFakes(
  vendors: readonly { id: string; quirks: JsonObject }[],
  { tls = false, watch }: { tls?: boolean; watch?: express.RequestHandler } = {},
): Promise<DurableFakes> {
  const app = express();
  const called = watch === undefined ? app : express().use(watch, app);
  for (const { id, quirks } of vendors) {
    const fake = await loadFake(id);
    app.use(`/${id}`, await fake.create(memoryRecords(), quirks));
  }
  const options = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };
  const listener: Listener = await listen(app, options);
  const calledAt = await listen(called, { ...options, tls: tls ? tlsFiles() : null });
  const control = async (path: string, method = 'GET', body?: JsonObject) => {
    const response = await fetch(`${listener.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    const text = await response.text();
    return (text === '' ? {} : JSON.parse(text)) as JsonObject;
  };
  const accountsOf = async (id: string) =>
    (await control(`/${id}/_fake/accounts`))['accounts'] as unknown as FakeAccount[];
  return {
    origin: calledAt.url,
    accounts: accountsOf,
    calls: async (id) => (await control(`/${id}/_fake/calls`))['calls'] as unknown as Call[],
    control: async (id, path, body) => void (await control(`/${id}/_fake/${path}`, 'POST', body)),
    async acceptAll() {
      for (const { id } of vendors) {
        for (const { key, state } of await accountsOf(id)) {
          if (state === 'pending')
            await control(`/${id}/_fake/accounts/${encodeURIComponent(key)}/accept`, 'POST');
        }
      }
    },
    close: async () => {
      await Promise.all([listener.close(0), calledAt.close(0)]);
    },
  };
}

/** Of the tests: for localhost and 127.0.0.1, and its own authority. */
export const CERTIFICATE = join(import.meta.dirname, '../http/tls/cert.pem');

function tlsFiles() {
  const key = readFileSync(join(import.meta.dirname, '../http/tls/key.pem'), 'utf8');
  return { cert: readFileSync(CERTIFICATE, 'utf8'), key: new Secret(key) };
}
