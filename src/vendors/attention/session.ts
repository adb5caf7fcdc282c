import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { fold } from '../../core/fold.ts';
import { orAbsent } from '../../vendor-kit/absent.ts';
import { createEach } from '../../vendor-kit/batch.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import { keepLastOne } from '../../vendor-kit/last-one.ts';
import { scimSide } from '../../vendor-kit/scim-side.ts';
import type { AccountKey, Changes, GroupSession, Session } from '../../vendor-kit/vendor.ts';
import { restCalls } from './client.ts';
import { mayBeAdmin, toAccount, toAdmins, toCreate, toGroup, toUpdate } from './mapping.ts';
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

  const unlessLast = keepLastOne(
    async () => toAdmins(await rest.listUsers()),
    'active administrator in Attention',
  );
  const withAdminLeft = <T>(account: VendorAccount, act: () => Promise<T>, role?: string): Promise<T> =>
    mayBeAdmin(account) ? unlessLast(account, act, role) : act();

  async function* list() {
    for (const user of await rest.listUsers()) yield* toAccount(user);
  }

  async function find(key: AccountKey): Promise<VendorAccount | 'absent'> {
    const users = settings.lookup === 'filter' ? await rest.findUsers(key.address) : await rest.listUsers();
    const accounts = users.flatMap(toAccount);
    const byId = accounts.find((account) => account.id === key.id);
    return byId ?? accounts.find((account) => fold(account.address) === fold(key.address)) ?? 'absent';
  }

  /** Replies to writes may lack the role and the teams, so the account is read again; the write itself is done. */
  async function complete(user: User): Promise<VendorAccount> {
    const [account] = toAccount(user);
    if (!account) throw new VendorError('UNCERTAIN', 'Attention described a user without its address.');
    if (account.fields['teams'] && account.fields['roleUUID']) return account;
    const found = await find(account).catch(() => 'absent' as const);
    return found === 'absent' ? account : found;
  }

  async function update(account: VendorAccount, changes: Changes): Promise<VendorAccount> {
    const current = account.fields['teams'] ? account : await find(account);
    if (current === 'absent') throw new VendorError('GONE', 'Attention no longer has this account.');
    const body = toUpdate(current, changes, settings);
    const write = async () => complete(await rest.updateUser(account.id, body));
    const role = changes.set['roleUUID'];
    return typeof role === 'string' ? withAdminLeft(current, write, role) : write();
  }

  return {
    async verify() {
      await rest.listUsers();
      if (scim) await scim.verify();
    },
    list,
    create: (wanted) => createEach(wanted, async (one) => complete(await rest.createUser(toCreate(one)))),
    update,
    remove: async (account) =>
      void (await withAdminLeft(account, () => orAbsent(() => rest.deleteUser(account.id)))),
    groups: teamSession(rest, settings.teamNamePrefix),
    ...(settings.lookup === 'filter' && { find }),
    ...(scim && {
      suspend: (account: VendorAccount) => withAdminLeft(account, () => scim.suspend(account)),
      reactivate: scim.reactivate,
    }),
  };
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
