import type { VendorAccount } from '../../core/account.ts';
import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import { fold } from '../../core/fold.ts';
import { orAbsent } from '../../vendor-kit/absent.ts';
import { createEach } from '../../vendor-kit/batch.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { AccountKey, Changes, Session } from '../../vendor-kit/vendor.ts';
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
    create: (wanted) =>
      createEach(wanted, async (one) => describe(await calls.create(toCreate(one)), 'UNCERTAIN')),
    update: (account, changes) => update(calls, account, changes),
    suspend: (account) => setStatus(calls, account, 'disabled'),
    reactivate: (account) => setStatus(calls, account, 'enabled'),
    remove: async (account) => void (await orAbsent(() => calls.delete(account.id))),
    ...(settings.lookup === 'get' && { find: (key) => find(calls, key) }),
  };
}

async function find(calls: Calls, key: AccountKey): Promise<VendorAccount | 'absent'> {
  const { id, address } = key;
  if (id !== undefined) {
    const known = await orAbsent(() => calls.get(id));
    if (known !== 'absent' && known.id === id) return describe(known, 'UNREADABLE');
  }
  const found = await orAbsent(() => getByAddress(calls, address));
  if (found === 'absent') return 'absent';
  const account = describe(found, 'UNREADABLE');
  if (fold(account.address) === fold(address)) return account;
  // The address is another account's resellerId, which hides whoever has it as user name.
  const listed = (await calls.list()).flatMap(toAccount);
  return listed.find((one) => fold(one.address) === fold(address)) ?? 'absent';
}

/** Agendize's own client takes a 403 for "exists under another reseller". */
async function getByAddress(calls: Calls, address: string): Promise<Account> {
  try {
    return await calls.get(address);
  } catch (error) {
    if (!(error instanceof VendorError) || error.status !== 403) throw error;
    const message = `${address} has an Agendize account under another reseller: ask Agendize to move it, or use another address. ${error.message}`;
    throw new VendorError('CONFLICT', message, { status: error.status, cause: error });
  }
}

async function update(calls: Calls, account: VendorAccount, changes: Changes): Promise<VendorAccount> {
  const touchesTags = changes.add['tags'] !== undefined || changes.remove['tags'] !== undefined;
  const tags = touchesTags ? ((await calls.get(account.id)).tags ?? []) : null;
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
