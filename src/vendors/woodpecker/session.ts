import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { createVendorClient } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import { paginate } from '../../vendor-kit/paginate.ts';
import type { CreateOutcome, Session, WantedCreate } from '../../vendor-kit/vendor.ts';
import { companyCalls } from './client.ts';
import { changedPermissions, toAccount, toGuest, toInvited } from './mapping.ts';
import { recognise } from './refusals.ts';
import type { Credentials, Settings } from './settings.ts';

export function connect(settings: Settings, { apiKey }: Credentials, http: VendorHttp): Session {
  const { companyId } = settings;
  const client = createVendorClient({
    title: 'Woodpecker',
    http,
    headers: { 'x-api-key': apiKey },
    secrets: [apiKey],
    recognise: recognise(companyId),
  });
  const calls = companyCalls(client, companyId);

  async function* list() {
    for await (const user of paginate(calls.readUsers, 1)) yield* toAccount(user);
  }

  async function create(wanted: readonly WantedCreate[]): Promise<CreateOutcome[]> {
    try {
      await calls.invite(wanted.map((one) => toGuest(one, settings)));
      return wanted.map((one) => ({ account: toInvited(one.address, settings) }));
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      // "If any guest object in the request is invalid, none will be invited".
      const together = wanted.length > 1 && refusesData(error);
      return wanted.map(() => (together ? { error, together } : { error }));
    }
  }

  async function setPermissions(account: VendorAccount, permissions: Json[]): Promise<VendorAccount> {
    if (account.presence === 'pending') throw notYet(account);
    await calls.setPermissions(Number(account.id), permissions);
    return { ...account, fields: { ...account.fields, guestPermissions: permissions } };
  }

  return {
    verify: async () => void (await calls.readUsers(1)),
    list,
    create,
    update: (account, changes) => setPermissions(account, changedPermissions(account, changes)),
    revoke: (account) => setPermissions(account, []),
  };
}

/** The guests themselves are refused, rather than the call. */
function refusesData({ code, status }: VendorError): boolean {
  return code === 'REJECTED' && (status === 400 || status === 422);
}

function notYet({ address }: VendorAccount): VendorError {
  return new VendorError(
    'NOT_PERMITTED',
    `${address} has not accepted Woodpecker’s invitation yet, and only then can the permissions be changed.`,
  );
}
