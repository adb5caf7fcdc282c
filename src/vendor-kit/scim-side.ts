import { z } from 'zod';
import type { VendorAccount } from '../core/account.ts';
import { foldAddress } from '../core/address.ts';
import { VendorError } from '../core/errors.ts';
import { get, pathSegment, sendJson, type VendorClient } from './client.ts';
import { paginate } from './paginate.ts';
import type { Found } from './vendor.ts';

/** A User of the vendor's own SCIM side; everything else in it is kept for a PUT. */
const ScimUser = z.looseObject({
  id: z.string().min(1),
  userName: z.string(),
  active: z.boolean().optional(),
});
type ScimUser = z.infer<typeof ScimUser>;

const ScimUserList = z.object({ totalResults: z.int(), Resources: z.array(ScimUser).default([]) });

const PAGE_SIZE = 100;
const SCIM_JSON = { 'Content-Type': 'application/scim+json' };
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** A vendor's own SCIM side, for what its other API cannot do: suspend and reactivate. */
export function scimSide(
  title: string,
  client: VendorClient,
  update: 'patch' | 'put',
  find: (account: VendorAccount) => Promise<Found>,
) {
  async function readPage(startIndex: number) {
    const path = `/scim/Users?startIndex=${startIndex}&count=${PAGE_SIZE}`;
    const { Resources: items, totalResults } = await client.read(get(path), ScimUserList);
    const next = startIndex + items.length;
    return { items, next: items.length > 0 && next <= totalResults ? next : null };
  }

  /** The SCIM id, which may differ from the REST one. */
  async function findId(account: VendorAccount): Promise<string> {
    const { address } = account;
    const matches = (user: ScimUser) => foldAddress(user.userName) === foldAddress(address);
    const filter = encodeURIComponent(`userName eq ${JSON.stringify(address)}`);
    const filtered = await client.read(get(`/scim/Users?filter=${filter}`), ScimUserList);
    let found = filtered.Resources.filter(matches);
    // Its configuration says `filter: false`, so an answer without a match proves nothing.
    if (found.length === 0) found = (await Array.fromAsync(paginate(readPage, 1))).filter(matches);
    const [id, ...others] = new Set(found.map((user) => user.id));
    if (id !== undefined && others.length === 0) return id;
    if (id === undefined && (await find(account)) === 'absent')
      throw new VendorError('GONE', `${title} no longer has this account.`);
    const knows = id === undefined ? 'does not know' : 'has several users';
    throw new VendorError(
      'NOT_PERMITTED',
      `${title}’s SCIM side ${knows} ${address}: change its access in ${title}.`,
    );
  }

  async function writeActive(path: string, active: boolean): Promise<ScimUser> {
    if (update === 'patch') {
      const patch = { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'active', value: active }] };
      return client.read({ ...sendJson('PATCH', path, patch, 'account'), headers: SCIM_JSON }, ScimUser);
    }
    const { meta: _, ...user } = await client.read(get(path, 'account'), ScimUser);
    const replaced = sendJson('PUT', path, { ...user, active }, 'account');
    return client.read({ ...replaced, headers: SCIM_JSON }, ScimUser);
  }

  async function setActive(account: VendorAccount, active: boolean): Promise<VendorAccount> {
    const known = account.extra?.['scimId'];
    const scimId = typeof known === 'string' ? known : await findId(account);
    const after = await writeActive(`/scim/Users/${pathSegment(scimId)}`, active);
    if (after.active !== active) {
      const message = `${title} did not carry out the change of ${account.address}: make it there, and try the other scim.update.`;
      throw new VendorError('NOT_PERMITTED', message, { answered: true });
    }
    return { ...account, presence: active ? 'active' : 'suspended', extra: { ...account.extra, scimId } };
  }

  return {
    /** Proves the token. */
    verify: async () => void (await client.read(get('/scim/Users?startIndex=1&count=1'), ScimUserList)),
    suspend: (account: VendorAccount) => setActive(account, false),
    reactivate: (account: VendorAccount) => setActive(account, true),
  };
}
