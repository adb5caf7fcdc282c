import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { orAbsent } from '../../vendor-kit/absent.ts';
import { createEach } from '../../vendor-kit/batch.ts';
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

  async function invite(wanted: readonly WantedCreate[]): Promise<void> {
    await calls.invite(wanted.map((one) => toGuest(one, settings)));
  }

  async function create(wanted: readonly WantedCreate[]): Promise<CreateOutcome[]> {
    try {
      await invite(wanted);
      return wanted.map((one) => ({ account: toInvited(one.address, settings) }));
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      if (wanted.length === 1 || !refusesData(error)) return wanted.map(() => ({ error }));
      // "If any guest object in the request is invalid, none will be invited": alone, each gets its own answer.
      return createEach(wanted, async (one) => {
        await invite([one]);
        return toInvited(one.address, settings);
      });
    }
  }

  async function setPermissions(account: VendorAccount, permissions: Json[]): Promise<VendorAccount> {
    if (account.presence === 'pending') throw notYet(account);
    const answer = await orAbsent(() => calls.setPermissions(Number(account.id), permissions));
    if (answer !== 'absent')
      return { ...account, fields: { ...account.fields, guestPermissions: permissions } };
    // What Woodpecker answers for an unknown id is not documented: it is believed only if the list agrees.
    for await (const listed of list()) {
      if (listed.id === account.id) throw notCarriedOut(account);
    }
    throw new VendorError('GONE', 'Woodpecker no longer has this guest.');
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

function notCarriedOut({ address }: VendorAccount): VendorError {
  return new VendorError(
    'NOT_PERMITTED',
    `Woodpecker lists ${address} and does not change its permissions through its API: change them in Woodpecker.`,
  );
}
