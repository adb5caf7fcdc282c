/** Humans at the vendor, and the accounts there that are certainly theirs: what nobody but a human may change. */
import { addressKey } from '../../../../src/core/address.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { FakeAccount } from '../../../../src/vendor-kit/fake.ts';
import type { World } from '../world.ts';
import { type ByHand, snapshotOf } from './by-hand.ts';
import type { HandAct, Kind } from './scenario.ts';

/** An account that a human made, as the human left it. */
export interface Stranger {
  snapshot: string;
  powerful: boolean;
  /** An intent, an invitation or a task of Causeway's explains an account at its address: it may count as Causeway's. */
  explained: boolean;
}

export class Hands {
  readonly #world: World;
  readonly #by: ByHand;
  readonly strangers = new Map<string, Stranger>();
  /** Accounts that the vendor protects, as they are to stay. */
  readonly protected = new Map<string, string>();
  /** Addresses at which a human changed something of an account that may be Causeway's. */
  readonly touched = new Set<string>();

  constructor(world: World, by: ByHand) {
    this.#world = world;
    this.#by = by;
  }

  async act(act: HandAct, addressAt: (index: number) => string): Promise<void> {
    const address = addressAt(act.at);
    const found = await this.find(address);
    if (act.act === 'make') {
      if (found === undefined) await this.make(address, act.kind);
      return;
    }
    if (found === undefined) return;
    if (act.act === 'accept') return this.accept(found);
    // An invitation that the vendor may hide would never be missed.
    const takes = act.act === 'delete' || act.act === 'make anew' || act.act === 'rename';
    if (takes && (await this.#isKnownPending(address))) return;
    if (act.act === 'delete') return this.delete(found);
    if (act.act === 'make anew') {
      await this.delete(found);
      return this.make(address, 'ordinary');
    }
    if (act.act === 'rename') return this.rename(found, addressAt(act.to));
    if (found.state === 'pending') return;
    const change = this.#changeOf(act.act);
    if (change !== null) await this.#put(found, address, change, act.act === 'protect');
  }

  async find(address: string): Promise<FakeAccount | undefined> {
    const accounts = await this.#world.faulty.accounts();
    return accounts.find(({ key }) => addressKey('user', key) === addressKey('user', address));
  }

  async make(address: string, kind: Kind): Promise<void> {
    const { power, protection, pending } = this.#by;
    const special = { ordinary: {}, powerful: power, protected: protection, pending }[kind];
    const explained = await this.#isExplained(address);
    await this.#seed(address, special ?? {});
    const made = await this.find(address);
    if (made === undefined) throw new Error(`Nobody could make ${address}.`);
    this.#note(made, explained);
    if (kind === 'protected' && protection !== null) this.#protect(made);
  }

  async delete({ key }: FakeAccount): Promise<void> {
    await this.#world.faulty.control('DELETE', `accounts/${encodeURIComponent(key)}`);
    this.#forget(key);
    this.touched.add(addressKey('user', key));
  }

  async rename(account: FakeAccount, to: string): Promise<void> {
    if (account.state === 'pending' || (await this.find(to)) !== undefined) return;
    const was = this.strangers.get(addressKey('user', account.key));
    const explained = was === undefined || was.explained || (await this.#isExplained(to));
    const again = this.#by.again(account, to);
    await this.delete(account);
    await this.#seed(to, again);
    this.touched.add(addressKey('user', to));
    const renamed = await this.find(to);
    if (renamed === undefined) return;
    if (was !== undefined || this.#by.addressIsId) this.#note(renamed, explained);
  }

  async accept({ key, state }: FakeAccount): Promise<void> {
    if (state !== 'pending') return;
    await this.#world.faulty.control('POST', `accounts/${encodeURIComponent(key)}/accept`);
    const was = this.strangers.get(addressKey('user', key));
    const accepted = await this.find(key);
    if (was !== undefined && accepted !== undefined) this.#note(accepted, was.explained);
  }

  async acceptAll(): Promise<void> {
    for (const account of await this.#world.faulty.accounts()) await this.accept(account);
  }

  #changeOf(act: 'promote' | 'protect' | 'suspend' | 're-enable'): JsonObject | null {
    const { power, protection, suspended, active } = this.#by;
    return { promote: power, protect: protection, suspend: suspended, 're-enable': active }[act];
  }

  async #put(account: FakeAccount, address: string, change: JsonObject, protects: boolean): Promise<void> {
    const key = addressKey('user', account.key);
    const was = this.strangers.get(key);
    const again = { ...this.#by.again(account, address), ...change };
    await this.#world.faulty.control('DELETE', `accounts/${encodeURIComponent(account.key)}`);
    await this.#seed(address, again);
    const changed = await this.find(address);
    if (changed === undefined) throw new Error(`${address} is lost.`);
    if (was !== undefined) this.#note(changed, was.explained);
    this.touched.add(key);
    this.protected.delete(key);
    const isOwner = this.#by.protection !== null && protects;
    if (isOwner) this.#protect(changed);
  }

  async #seed(key: string, vendor: JsonObject): Promise<void> {
    await this.#world.faulty.control('POST', 'accounts', { key, vendor });
  }

  #note(account: FakeAccount, explained: boolean): void {
    const powerful = this.#by.isPowerful(account);
    this.strangers.set(addressKey('user', account.key), {
      snapshot: snapshotOf(account),
      powerful,
      explained,
    });
  }

  #protect(account: FakeAccount): void {
    this.protected.set(addressKey('user', account.key), snapshotOf(account));
  }

  #forget(key: string): void {
    this.strangers.delete(addressKey('user', key));
    this.protected.delete(addressKey('user', key));
  }

  async #isKnownPending(address: string): Promise<boolean> {
    const rows = await this.#rowsAt(address);
    return rows.some(({ presence }) => presence === 'pending');
  }

  #rowsAt(address: string) {
    const key = addressKey('user', address);
    return this.#world.db.selectFrom('accounts').selectAll().where('address_key', '=', key).execute();
  }

  /** Whether Causeway may take an account there for its own: it knows one there, or has asked for one. */
  async #isExplained(address: string): Promise<boolean> {
    const rows = await this.#rowsAt(address);
    return rows.some((row) => {
      const known = row.vendor_id !== null && (this.#by.addressIsId || row.presence === 'pending');
      return known || row.intent !== null || row.asked !== null;
    });
  }
}
