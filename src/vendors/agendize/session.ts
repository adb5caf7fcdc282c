import type { VendorAccount } from '../../core/account.ts';
import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import { createAlone } from '../../vendor-kit/create-alone.ts';
import { findInList, orAbsent } from '../../vendor-kit/find.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { AccountKey, Changes, Found, Session, WantedCreate } from '../../vendor-kit/vendor.ts';
import { accountCalls, recogniseError } from './client.ts';
import { toAccount, toCreate, toUpdate } from './mapping.ts';
import type { Credentials, Settings } from './settings.ts';
import type { Account } from './wire.ts';

type Calls = ReturnType<typeof accountCalls>;

export function connect(settings: Settings, { apiKey, token }: Credentials, http: VendorHttp): Session {
  const client = createVendorClient({
    title: 'Agendize',
    http,
    headers: { apiKey, token },
    secrets: [apiKey, token],
    recognise: (call, reply) => recogniseError(call, reply, http.now()),
  });
  const calls = accountCalls(client, settings, token);
  return {
    verify: async () => void (await calls.list()),
    async *list() {
      for (const account of await calls.list()) yield* toAccount(account);
    },
    create: createAlone((wanted) => create(calls, wanted)),
    update: (account, changes) => update(calls, account, changes),
    suspend: (account) => setStatus(calls, account, 'disabled'),
    reactivate: (account) => setStatus(calls, account, 'enabled'),
    remove: (account) => calls.delete(account.id),
    ...(settings.lookup === 'get' && { find: (key) => find(calls, key) }),
  };
}

async function create(calls: Calls, wanted: WantedCreate): Promise<VendorAccount> {
  let made: Account;
  try {
    made = await calls.create(toCreate(wanted));
  } catch (error) {
    if (!(error instanceof VendorError) || !['CONFLICT', 'REJECTED'].includes(error.code)) throw error;
    if (!(await isResellerIdTaken(calls, wanted))) throw error;
    const { code, message, status } = error;
    throw new VendorError(code, message, { status, without: ['resellerId'], cause: error });
  }
  return describe(made, 'UNCERTAIN');
}

/** A person keeps the externalId under a new address while the former account may still hold it as its resellerId. */
async function isResellerIdTaken(calls: Calls, { address, fields }: WantedCreate): Promise<boolean> {
  const { resellerId } = fields;
  if (typeof resellerId !== 'string') return false;
  const holder = await calls.get(resellerId).catch(() => null);
  return holder?.resellerId === resellerId && !hasAddress(holder, address);
}

async function find(calls: Calls, { id, address }: AccountKey): Promise<Found> {
  const known = id === undefined ? 'absent' : await orAbsent(() => getById(calls, id));
  return known === 'absent' ? findByAddress(calls, address) : describe(known, 'UNREADABLE');
}

/** What is asked for may be another account's resellerId, which hides whoever has it as id: then the list tells. */
async function getById(calls: Calls, id: string): Promise<Account> {
  const account = await calls.get(id);
  const meant = account.id === id ? account : (await calls.list()).find((one) => one.id === id);
  if (meant) return meant;
  throw new VendorError('GONE', 'Agendize no longer has this account.');
}

/** It may be another account's resellerId in the same way. */
async function findByAddress(calls: Calls, address: string): Promise<Found> {
  const account = await orForeign(address, () => orAbsent(() => calls.get(address)));
  if (account === 'absent' || 'foreign' in account) return account;
  if (hasAddress(account, address)) return describe(account, 'UNREADABLE');
  return findInList((await calls.list()).flatMap(toAccount), { address });
}

/** Agendize's own client takes the 403 of a look-up by user name for "exists under another reseller". */
async function orForeign<T>(address: string, look: () => Promise<T>): Promise<T | { foreign: string }> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof VendorError) || error.status !== 403) throw error;
    const advice = 'ask Agendize to move it, or use another address';
    return {
      foreign: `${address} has an Agendize account under another reseller: ${advice}. ${error.message}`,
    };
  }
}

function hasAddress(account: Account, address: string): boolean {
  return findInList(toAccount(account), { address }) !== 'absent';
}

async function update(calls: Calls, account: VendorAccount, changes: Changes): Promise<VendorAccount> {
  const touchesTags = changes.add['tags'] !== undefined || changes.remove['tags'] !== undefined;
  const tags = touchesTags ? ((await getById(calls, account.id)).tags ?? []) : null;
  const after = describe(await calls.update(account.id, toUpdate(changes, tags)), 'UNCERTAIN');
  const profileId = changes.set['profileId'];
  if (profileId === undefined || after.fields['profileId'] === profileId) return after;
  throw unconfirmed(`that ${account.address} has the profile ${profileId}`);
}

async function setStatus(
  calls: Calls,
  account: VendorAccount,
  status: 'enabled' | 'disabled',
): Promise<VendorAccount> {
  const reply = await calls.update(account.id, { status });
  if (reply.status !== status) throw unconfirmed(`that ${account.address} is ${status}`);
  return describe(reply, 'UNCERTAIN');
}

function unconfirmed(what: string): VendorError {
  const message = `Agendize took the change and does not confirm ${what}.`;
  return new VendorError('NOT_PERMITTED', message, { answered: true });
}

function describe(account: Account, otherwise: VendorErrorCode): VendorAccount {
  const [described] = toAccount(account);
  if (!described) throw new VendorError(otherwise, 'Agendize described an account without its address.');
  return described;
}
