import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import { createAlone } from '../../vendor-kit/create-alone.ts';
import { type FoundInList, findInList } from '../../vendor-kit/find.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import { scimSide } from '../../vendor-kit/scim-side.ts';
import type { AccountKey, Changes, GroupSession, Session } from '../../vendor-kit/vendor.ts';
import { restCalls } from './client.ts';
import { toAccount, toCreate, toGroup, toUpdate, withLastOf } from './mapping.ts';
import type { Credentials, Settings } from './settings.ts';
import type { User } from './wire.ts';

export function connect(settings: Settings, { apiKey, scimToken }: Credentials, http: VendorHttp): Session {
  const token = scimToken ?? apiKey;
  const client = (authorization: string) =>
    createVendorClient({
      title: 'Attention',
      http,
      headers: { Authorization: authorization },
      secrets: [apiKey, token],
    });
  const rest = restCalls(client(settings.authorisation === 'bearer' ? `Bearer ${apiKey}` : apiKey));
  const scim =
    settings.scim.enabled && scimSide('Attention', client(`Bearer ${token}`), settings.scim.update, find);

  async function* list() {
    for (const user of await rest.listUsers()) yield* toAccount(user);
  }

  const listed = async (key: AccountKey) => findInList((await rest.listUsers()).flatMap(toAccount), key);

  async function find(key: AccountKey): Promise<FoundInList> {
    if (settings.lookup === 'list') return listed(key);
    const found = findInList((await rest.findUsers(key.address)).flatMap(toAccount), key);
    // The address of an account may have changed there: then only the list knows its id.
    return key.id === undefined || isOf(found, key.id) ? found : listed(key);
  }

  /** Replies to writes may lack the role and the teams, so the account is read again; the write itself is done. */
  async function complete(user: User): Promise<VendorAccount> {
    const [account] = toAccount(user);
    if (!account) throw new VendorError('UNCERTAIN', 'Attention described a user without its address.');
    if (account.fields['teams'] && account.fields['roleUUID']) return account;
    const found = await find(account).catch(() => 'absent' as const);
    return isOf(found, account.id) ? found : account;
  }

  async function update(account: VendorAccount, changes: Changes): Promise<VendorAccount> {
    const current = account.fields['teams'] ? account : await find(account);
    if (!isOf(current, account.id)) throw new VendorError('GONE', 'Attention no longer has this account.');
    return complete(await rest.updateUser(account.id, toUpdate(current, changes, settings)));
  }

  return {
    async verify() {
      await rest.listUsers();
      if (scim) await scim.verify();
    },
    list,
    create: createAlone(async (wanted) => complete(await rest.createUser(toCreate(wanted)))),
    update,
    remove: (account) => rest.deleteUser(account.id),
    groups: teamSession(rest, settings.teamNamePrefix),
    ...(settings.lookup === 'filter' && { find }),
    ...(scim && {
      suspend: async (account: VendorAccount) => withLastOf(await scim.suspend(account)),
      reactivate: async (account: VendorAccount) => withLastOf(await scim.reactivate(account)),
    }),
  };
}

function isOf(found: FoundInList, id: string): found is VendorAccount {
  return typeof found === 'object' && found.id === id;
}

function teamSession(rest: ReturnType<typeof restCalls>, prefix: string): GroupSession {
  return {
    async *list() {
      for (const team of await rest.listTeams()) yield toGroup(team, prefix);
    },
    create: async (name) => toGroup(await rest.createTeam(name), prefix),
    rename: async (uuid, name) => toGroup(await rest.renameTeam(uuid, name), prefix),
  };
}
