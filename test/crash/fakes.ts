import express from 'express';
import type { JsonObject } from '../../src/core/json.ts';
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
  /** `http://127.0.0.1:<port>`; each vendor under its id. */
  origin: string;
  accounts(vendor: string): Promise<FakeAccount[]>;
  calls(vendor: string): Promise<Call[]>;
  /** Everybody who is invited accepts. */
  acceptAll(): Promise<void>;
  close(): Promise<void>;
}

export async function startDurableFakes(
  vendors: readonly { id: string; quirks: JsonObject }[],
): Promise<DurableFakes> {
  const app = express();
  for (const { id, quirks } of vendors) {
    const fake = await loadFake(id);
    app.use(`/${id}`, await fake.create(memoryRecords(), quirks));
  }
  const options = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };
  const listener: Listener = await listen(app, options);
  const control = async (path: string, method = 'GET') => {
    const response = await fetch(`${listener.url}${path}`, { method });
    const text = await response.text();
    return (text === '' ? {} : JSON.parse(text)) as JsonObject;
  };
  const accountsOf = async (id: string) =>
    (await control(`/${id}/_fake/accounts`))['accounts'] as unknown as FakeAccount[];
  return {
    origin: listener.url,
    accounts: accountsOf,
    calls: async (id) => (await control(`/${id}/_fake/calls`))['calls'] as unknown as Call[],
    async acceptAll() {
      for (const { id } of vendors) {
        for (const { key, state } of await accountsOf(id)) {
          if (state === 'pending')
            await control(`/${id}/_fake/accounts/${encodeURIComponent(key)}/accept`, 'POST');
        }
      }
    },
    close: () => listener.close(0),
  };
}
