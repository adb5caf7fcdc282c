import { get, pathSegment, type VendorClient } from '../../vendor-kit/client.ts';
import { UserAccess, UserAccessList } from './wire.ts';

const USERS = '/user_access';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** The endpoints of CrankWheel's `user_access`, see README. */
export function userAccess(client: VendorClient) {
  const onePath = (email: string) => `${USERS}/${pathSegment(email)}`;
  return {
    list: () => client.read(get(USERS), UserAccessList),
    get: (email: string) => client.read(get(onePath(email), 'account'), UserAccess),
    /** `form` in the bracket notation of `mapping`. */
    create: (form: string) =>
      client.read({ method: 'POST', path: USERS, headers: FORM, body: form, effect: true }, UserAccess),
    /** Answers 204. */
    delete: (email: string) =>
      client.send({ method: 'DELETE', path: onePath(email), names: 'account', effect: true }),
  };
}
