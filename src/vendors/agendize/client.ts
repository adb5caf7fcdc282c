import type { VendorError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Call, get, pathSegment, sendJson, type VendorClient } from '../../vendor-kit/client.ts';
import type { VendorReply } from '../../vendor-kit/http.ts';
import { parseJson, refusal } from '../../vendor-kit/reply.ts';
import type { Settings } from './settings.ts';
import { accountListSchema, accountSchema, ErrorReply } from './wire.ts';

const ACCOUNTS = '/accounts';

/** The endpoints of a reseller's accounts, see README. `token` is the connection's own. */
export function accountCalls(client: VendorClient, settings: Settings, token: string) {
  const Account = accountSchema(token);
  const AccountList = accountListSchema(token);
  const onePath = (key: string) => `${ACCOUNTS}/${pathSegment(key)}`;
  return {
    list: () => client.read(get(ACCOUNTS), AccountList),
    /** `key` is an id, a resellerId or a user name: callers check whose account it is. */
    get: (key: string) => client.read(get(onePath(key), 'account'), Account),
    create: (account: JsonObject) => client.read(sendJson(settings.createVerb, ACCOUNTS, account), Account),
    update: (id: string, changes: JsonObject) =>
      client.read(sendJson(settings.updateVerb, onePath(id), changes, 'account'), Account),
    /** Answers 200 without a body. */
    delete: (id: string) =>
      client.send({ method: 'DELETE', path: onePath(id), names: 'account', effect: true }),
  };
}

/** Agendize answers 200 with an `error` in the body too; its code then counts as the status. */
export function recogniseError(call: Call, reply: VendorReply, now: number): VendorError | undefined {
  if (reply.status >= 300) return undefined;
  const parsed = ErrorReply.safeParse(parseJson(reply.body));
  if (!parsed.success) return undefined;
  const { code } = parsed.data.error;
  const status = code >= 400 && code <= 599 ? code : 400;
  return refusal('Agendize', { headers: {}, ...call }, { ...reply, status }, now);
}
