import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { fold } from '../../core/fold.ts';
import { sameJson } from '../../core/json.ts';
import { orAbsent } from '../../vendor-kit/absent.ts';
import { createEach } from '../../vendor-kit/batch.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { Changes, Session } from '../../vendor-kit/vendor.ts';
import { userAccess } from './client.ts';
import { toAccount, toForm } from './mapping.ts';
import type { Credentials, Settings } from './settings.ts';
import type { UserAccess } from './wire.ts';

export function connect(settings: Settings, { apiKey }: Credentials, http: VendorHttp): Session {
  const calls = userAccess(
    createVendorClient({
      title: 'CrankWheel',
      http,
      // The raw key, not base64 of user and password (CrankWheel's reseller documentation).
      headers: { Authorization: `Basic ${apiKey}` },
      secrets: [apiKey],
    }),
  );

  async function* list() {
    for (const access of await calls.list()) yield* toAccount(access);
  }

  async function findInList(address: string): Promise<VendorAccount | 'absent'> {
    for await (const account of list()) {
      if (fold(account.address) === fold(address)) return account;
    }
    return 'absent';
  }

  async function get(address: string): Promise<VendorAccount | 'absent'> {
    if (settings.lookup === 'list') return findInList(address);
    return orAbsent(async () => readAccount(await calls.get(address), 'UNREADABLE'));
  }

  async function update(account: VendorAccount, changes: Changes): Promise<VendorAccount> {
    await calls.create(toForm(account.address, { ...account.fields, ...changes.set }));
    const after = await get(account.address);
    if (after === 'absent') throw new VendorError('GONE', 'CrankWheel no longer has this account.');
    if (Object.entries(changes.set).every(([name, value]) => sameJson(after.fields[name], value)))
      return after;
    throw new VendorError(
      'NOT_PERMITTED',
      `CrankWheel took the change of ${account.address} and did not carry it out: make it in CrankWheel.`,
    );
  }

  async function remove(account: VendorAccount): Promise<void> {
    if ((await orAbsent(() => calls.delete(account.address))) !== 'absent') return;
    // The call is not in CrankWheel's own documents: its 404 is believed only if the list agrees.
    if ((await findInList(account.address)) === 'absent') return;
    throw new VendorError(
      'NOT_PERMITTED',
      `CrankWheel lists ${account.address} and does not delete it through its API: remove it in CrankWheel.`,
    );
  }

  return {
    verify: async () => void (await calls.list()),
    list,
    create: (wanted) =>
      createEach(wanted, async (one) =>
        readAccount(await calls.create(toForm(one.address, one.fields)), 'UNCERTAIN'),
      ),
    remove,
    ...(settings.lookup === 'get' && { find: (key) => get(key.address) }),
    ...(settings.updateByRepeatedPost && { update }),
  };
}

function readAccount(access: UserAccess, otherwise: 'UNREADABLE' | 'UNCERTAIN'): VendorAccount {
  const [account] = toAccount(access);
  if (!account) throw new VendorError(otherwise, 'CrankWheel described an account without its address.');
  return account;
}
