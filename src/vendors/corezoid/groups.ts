import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { listOf } from '../../vendor-kit/lists.ts';
import type { Changes, GroupSession } from '../../vendor-kit/vendor.ts';
import type { CompanyCalls } from './client.ts';

/** The id of a person; NOT_PERMITTED for somebody invited, who has none yet. */
export function personId({ id, address }: VendorAccount): number {
  if (Number.isSafeInteger(Number(id))) return Number(id);
  throw new VendorError('NOT_PERMITTED', `${address} has not accepted the invitation to Corezoid yet.`);
}

/** Who is in which group of type admins. */
export function memberships(calls: CompanyCalls) {
  /** Groups seen to be of type admins; a group keeps its type. */
  const admins = new Set<Json>();
  /** Corezoid documents the call for API keys alone, so the first one each way is checked. */
  const proven = new Set<boolean>();

  /** REJECTED for Corezoid's own groups (supers, all …): to be in one is a privilege that no mapping may give. */
  async function requireAdmins(groupIds: readonly Json[]): Promise<void> {
    const findStranger = () => groupIds.find((id) => !admins.has(id));
    if (findStranger() === undefined) return;
    for (const { obj_id, type } of await calls.listGroups()) if (type === 'admins') admins.add(obj_id);
    const stranger = findStranger();
    if (stranger === undefined) return;
    throw new VendorError('REJECTED', `Corezoid lists no admins group ${stranger}: correct the groups.`);
  }

  async function move(account: VendorAccount, groupId: number, into: boolean): Promise<void> {
    const values = { group_id: groupId, obj_id: personId(account) };
    await calls.linkUser(values, into ? 1 : undefined);
    // The change is made: a check that cannot be made does not undo it.
    const members = proven.has(into) ? null : await calls.listMembers(groupId).catch(() => null);
    if (members === null) return;
    if (members.some((member) => member.obj_id === values.obj_id) !== into) {
      const message = `Corezoid did not carry out a change of group ${groupId}.`;
      throw new VendorError('NOT_PERMITTED', message, { answered: true });
    }
    proven.add(into);
  }

  return {
    requireAdmins,
    /** The account with its groups as changed: one is added, or one removed. */
    async update(account: VendorAccount, { add, remove }: Changes): Promise<VendorAccount> {
      const { groups: added = [] } = add;
      const { groups: removed = [] } = remove;
      const [id, ...others] = [...added, ...removed];
      if (id === undefined || others.length > 0) throw new Error('Corezoid takes one group a call.');
      await requireAdmins(added);
      await move(account, Number(id), added.length > 0);
      const kept = listOf(account.fields['groups']).filter((one) => one !== id);
      return { ...account, fields: { ...account.fields, groups: [...kept, ...added] } };
    },
  };
}

/** The groups of type admins; the others are Corezoid's own. */
export function groupSession(calls: CompanyCalls): GroupSession {
  return {
    async *list() {
      for (const { obj_id, title, type } of await calls.listGroups())
        if (type === 'admins') yield toGroup(obj_id, title);
    },
    create: async (title) => toGroup((await calls.createGroup(checkTitle(title))).obj_id, title),
    async rename(id, title) {
      await calls.renameGroup(Number(id), checkTitle(title));
      return toGroup(id, title);
    },
    remove: async (id) => void (await calls.deleteGroup(Number(id))),
  };
}

function toGroup(id: number | string, title: string): VendorAccount {
  return { id: String(id), address: title, presence: 'active', fields: {} };
}

function checkTitle(title: string): string {
  const { length } = [...title];
  if (length >= 3 && length <= 255) return title;
  throw new VendorError('REJECTED', `Corezoid takes group titles of 3 to 255 characters: rename “${title}”.`);
}
