import type { VendorAccount } from '../../core/account.ts';
import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import { fold } from '../../core/fold.ts';
import { orAbsent } from '../../vendor-kit/absent.ts';
import { createEach } from '../../vendor-kit/batch.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { AccountKey, Changes, Session, WantedCreate } from '../../vendor-kit/vendor.ts';
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
    create: (wanted) => createEach(wanted, async (one) => describe(await create(calls, one), 'UNCERTAIN')),
    update: (account, changes) => update(calls, account, changes),
    suspend: (account) => setStatus(calls, account, 'disabled'),
    reactivate: (account) => setStatus(calls, account, 'enabled'),
    remove: async (account) => void (await orAbsent(() => calls.delete(account.id))),
    ...(settings.lookup === 'get' && { find: (key) => find(calls, key) }),
  };
}

/** A person keeps the externalId under a new address while the former account may still hold it as its resellerId. */
async function create(calls: Calls, wanted: WantedCreate): Promise<Account> {
  try {
    return await calls.create(toCreate(wanted));
  } catch (error) {
    if (!(error instanceof VendorError) || !['CONFLICT', 'REJECTED'].includes(error.code)) throw error;
    const { resellerId, ...fields } = wanted.fields;
    if (typeof resellerId !== 'string') throw error;
    const holder = await calls.get(resellerId).catch(() => null);
    if (holder?.resellerId !== resellerId || hasAddress(wanted.address)(holder)) throw error;
    return calls.create(toCreate({ ...wanted, fields }));
  }
}

async function find(calls: Calls, key: AccountKey): Promise<VendorAccount | 'absent'> {
  const { id, address } = key;
  const known = id === undefined ? 'absent' : await orAbsent(() => getById(calls, id));
  const found = known === 'absent' ? await orAbsent(() => getByAddress(calls, address)) : known;
  return found === 'absent' ? 'absent' : describe(found, 'UNREADABLE');
}

/** What is asked for may be another account's resellerId, which hides whoever has it as id or user name: then the list tells. */
async function getChecked(calls: Calls, key: string, isMeant: (account: Account) => boolean) {
  const account = await calls.get(key);
  const meant = isMeant(account) ? account : (await calls.list()).find(isMeant);
  if (meant) return meant;
  throw new VendorError('GONE', 'Agendize no longer has this account.');
}

function getById(calls: Calls, id: string): Promise<Account> {
  return getChecked(calls, id, (account) => account.id === id);
}

/** Agendize's own client takes a 403 for "exists under another reseller". */
async function getByAddress(calls: Calls, address: string): Promise<Account> {
  try {
    return await getChecked(calls, address, hasAddress(address));
  } catch (error) {
    if (!(error instanceof VendorError) || error.status !== 403) throw error;
    const message = `${address} has an Agendize account under another reseller: ask Agendize to move it, or use another address. ${error.message}`;
    throw new VendorError('CONFLICT', message, { status: error.status, cause: error });
  }
}

function hasAddress(address: string): (account: Account) => boolean {
  return (account) => toAccount(account).some((one) => fold(one.address) === fold(address));
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
  return new VendorError('NOT_PERMITTED', `Agendize took the change and does not confirm ${what}.`);
}

function describe(account: Account, otherwise: VendorErrorCode): VendorAccount {
  const [described] = toAccount(account);
  if (!described) throw new VendorError(otherwise, 'Agendize described an account without its address.');
  return described;
}
