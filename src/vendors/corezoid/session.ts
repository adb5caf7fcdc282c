import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { createAlone } from '../../vendor-kit/create-alone.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import type { Session, WantedCreate } from '../../vendor-kit/vendor.ts';
import { companyCalls } from './client.ts';
import { groupSession, memberships, personId } from './groups.ts';
import { readInviteHash, toAccount, toInvite, toPending } from './mapping.ts';
import type { Credentials, Settings } from './settings.ts';

export function connect(settings: Settings, credentials: Credentials, http: VendorHttp): Session {
  const calls = companyCalls(settings, credentials, http);
  const { requireAdmins, update } = memberships(calls);

  async function* list() {
    for (const row of await calls.listUsers()) yield* toAccount(row);
  }

  async function invite(wanted: WantedCreate): Promise<VendorAccount> {
    const values = toInvite(wanted);
    const groups = values['link_to_obj'] === 'group' ? [values['link_to_obj_id'] ?? null] : [];
    await requireAdmins(groups);
    const { url } = await calls.invite(values);
    return toPending(wanted.address, readInviteHash(url), groups);
  }

  async function setActive(account: VendorAccount, active: boolean): Promise<VendorAccount> {
    const [status, did] = active ? ['actived', 'Reactivated'] : ['blocked', 'Deactivated'];
    const blocked_reason = `${did} by the identity provider`;
    const values = { obj_id: personId(account), obj_type: 'user', status, blocked_reason };
    const told = (await calls.setStatus(values)).status ?? status;
    if (told === status) return { ...account, presence: active ? 'active' : 'suspended' };
    const message = `Corezoid left the status of ${account.address} ${told}.`;
    throw new VendorError('NOT_PERMITTED', message, { answered: true });
  }

  return {
    verify: async () => void (await calls.listUsers()),
    list,
    create: createAlone(invite),
    update,
    suspend: (account) => setActive(account, false),
    reactivate: (account) => setActive(account, true),
    remove: async (account) => void (await calls.deleteUser(personId(account))),
    withdraw: async ({ extra = {} }) => void (await calls.deleteInvite(extra)),
    groups: groupSession(calls),
  };
}
