import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { FieldValues } from '../../core/field.ts';
import { sameJson } from '../../core/json.ts';
import { checkAnswered } from '../../vendor-kit/answered.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import { createAlone } from '../../vendor-kit/create-alone.ts';
import { type FoundInList, findInList, orAbsent } from '../../vendor-kit/find.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { AccountKey, Changes, Session } from '../../vendor-kit/vendor.ts';
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

  async function get(address: string): Promise<VendorAccount | 'absent'> {
    return orAbsent(async () => readAccount(await calls.get(address), 'UNREADABLE'));
  }

  /** The id is an address too: the one that the account has there. */
  async function find(key: AccountKey): Promise<FoundInList> {
    const { id, address } = key;
    if (settings.lookup === 'list') return findInList(await Array.fromAsync(list()), key);
    const known = id === undefined || id === address ? 'absent' : await get(id);
    return known === 'absent' ? get(address) : known;
  }

  async function update(account: VendorAccount, changes: Changes): Promise<VendorAccount> {
    const { address } = account;
    const values = { ...account.fields, ...changes.set };
    if (values['privilege'] === undefined) {
      const message = `CrankWheel does not tell the privilege of ${address}, and every change sends it: make it in CrankWheel.`;
      throw new VendorError('NOT_PERMITTED', message);
    }
    await calls.create(toForm(address, values));
    return checkAnswered(async () => {
      const after = await find(account);
      if (after === 'absent') throw new VendorError('GONE', 'CrankWheel no longer has this account.');
      if (after !== 'several' && hasFields(after, changes.set)) return after;
      const message = `CrankWheel took the change of ${address} and did not carry it out: make it in CrankWheel.`;
      throw new VendorError('NOT_PERMITTED', message);
    });
  }

  return {
    verify: async () => void (await calls.list()),
    list,
    create: createAlone(async ({ address, fields }) =>
      readAccount(await calls.create(toForm(address, fields)), 'UNCERTAIN'),
    ),
    remove: (account) => calls.delete(account.address),
    ...(settings.lookup === 'get' && { find }),
    ...(settings.updateByRepeatedPost && { update }),
  };
}

function hasFields({ fields }: VendorAccount, wanted: FieldValues): boolean {
  return Object.entries(wanted).every(([name, value]) => sameJson(fields[name], value));
}

function readAccount(access: UserAccess, otherwise: 'UNREADABLE' | 'UNCERTAIN'): VendorAccount {
  const [account] = toAccount(access);
  if (!account) throw new VendorError(otherwise, 'CrankWheel described an account without its address.');
  return account;
}
