import { expect } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { FakeAccount } from '../../../src/vendor-kit/fake.ts';

interface VendorCall {
  method: string;
  path: string;
  status: number | null;
  body: string;
}

/** A fake vendor by its control calls: what it received and holds, and what goes wrong there. */
export class FakeVendor {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async #control(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const response = await fetch(`${this.#url}/_fake/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    expect(response.ok, `${method} /_fake/${path}: ${response.status}`).toBe(true);
    return response.status === 204 ? {} : ((await response.json()) as JsonObject);
  }

  /** Calls the vendor has received, those whose `METHOD /path` contains `match`. */
  async calls(match = ''): Promise<VendorCall[]> {
    const { calls } = (await this.#control('GET', 'calls')) as unknown as { calls: VendorCall[] };
    return calls.filter(({ method, path }) => `${method} ${path}`.includes(match));
  }

  /** Calls that can change something, as `METHOD /path`. */
  async writes(): Promise<string[]> {
    const calls = await this.calls();
    return calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  async forgetCalls(): Promise<void> {
    await this.#control('DELETE', 'calls');
  }

  async vendorAccounts(): Promise<FakeAccount[]> {
    const { accounts } = (await this.#control('GET', 'accounts')) as unknown as { accounts: FakeAccount[] };
    return accounts;
  }

  /** Addresses at the vendor, in order. */
  async addresses(): Promise<string[]> {
    return (await this.vendorAccounts()).map(({ key }) => key).sort();
  }

  async seed(key: string, vendor: JsonObject = {}): Promise<void> {
    await this.#control('POST', 'accounts', { key, vendor });
  }

  async forget(key: string): Promise<void> {
    await this.#control('DELETE', `accounts/${encodeURIComponent(key)}`);
  }

  async fault(fault: JsonObject): Promise<void> {
    await this.#control('POST', 'faults', fault);
  }

  async endFaults(): Promise<void> {
    await this.#control('DELETE', 'faults');
  }
}
