import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import { isAdmin, isAdminRole, type User } from './wire.ts';

/**
 * Carries out what takes an administrator away (`newRole`: by giving that role instead) only while another active one is there;
 * REJECTED otherwise. One at a time, so that two administrators cannot be each other's reason to go.
 */
export function keepLastAdmin(listUsers: () => Promise<User[]>) {
  let turn: Promise<unknown> = Promise.resolve();
  return function withAdminLeft<T>(
    account: VendorAccount,
    act: () => Promise<T>,
    newRole?: string,
  ): Promise<T> {
    if (!mayBeAdmin(account)) return act();
    const mine = turn.then(async () => {
      if (isLastAdmin(await listUsers(), account.id, newRole)) throw refusal(account.address);
      return act();
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
}

/** What was told without a role can be anybody's. */
function mayBeAdmin({ extra, fields }: VendorAccount): boolean {
  return extra?.['admin'] === true || fields['roleUUID'] === undefined;
}

/** A role is known for an administrator's by those who have it. */
function isLastAdmin(users: readonly User[], uuid: string, newRole: string | undefined): boolean {
  const admins = users.filter((user) => isAdmin(user) && !user.deactivatedAt);
  const stays = admins.some(({ roles }) => roles?.some((role) => role.uuid === newRole && isAdminRole(role)));
  return !stays && admins.length === 1 && admins[0]?.uuid === uuid;
}

function refusal(address: string): VendorError {
  return new VendorError(
    'REJECTED',
    `${address} is the last active administrator in Attention: make another person an administrator there, then try again.`,
  );
}
