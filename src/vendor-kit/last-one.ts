import { VendorError } from '../core/errors.ts';

/** Somebody who has what the last one must not lose. */
export interface Holder {
  id: string;
  /** Of the roles that give it. */
  roles: readonly string[];
}

/**
 * Carries out what takes a role such as an administrator's away (`newRole`: by giving that one instead) only while somebody else
 * has it too; REJECTED otherwise. One at a time, so that two cannot be each other's reason to go.
 */
export function keepLastOne(readHolders: () => Promise<readonly Holder[]>, what: string) {
  let turn: Promise<unknown> = Promise.resolve();
  return function unlessLast<T>(
    account: { id: string; address: string },
    act: () => Promise<T>,
    newRole?: string,
  ): Promise<T> {
    const mine = turn.then(async () => {
      const holders = await readHolders();
      const stays = newRole !== undefined && holders.some(({ roles }) => roles.includes(newRole));
      if (!stays && holders.length === 1 && holders[0]?.id === account.id) {
        throw new VendorError(
          'REJECTED',
          `${account.address} is the last ${what}: give somebody else that role there, then try again.`,
        );
      }
      return act();
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
}
