import { createHash } from 'node:crypto';
import type { ZodType } from 'zod';
import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { createVendorClient, pathSegment } from '../../vendor-kit/client.ts';
import type { VendorHttp } from '../../vendor-kit/http.ts';
import { vendorReason } from '../../vendor-kit/reply.ts';
import type { Credentials, Settings } from './settings.ts';
import * as wire from './wire.ts';

/** hex(SHA1(time + secret + content + secret)), the time in seconds, over the exact bytes sent (Corezoid's API v2 spec). */
export function sign(seconds: number, secret: string, content: string): string {
  return createHash('sha1').update(`${seconds}${secret}${content}${secret}`, 'utf8').digest('hex');
}

/** Sends one op a request, named `type/obj` and signed anew each time. */
function opCaller({ companyId }: Settings, { apiLogin, apiSecret }: Credentials, http: VendorHttp) {
  const headers = { 'Content-Type': 'application/json; charset=utf8' };
  const client = createVendorClient({ title: 'Corezoid', http, headers, secrets: [apiLogin, apiSecret] });
  return async <T>(shownAs: string, values: JsonObject, result: ZodType<T>): Promise<T> => {
    const [type = '', obj = ''] = shownAs.split('/');
    const body = JSON.stringify({ ops: [{ id: wire.OP_ID, type, obj, ...values, company_id: companyId }] });
    const seconds = Math.floor(http.now() / 1000);
    const path = `/${pathSegment(apiLogin)}/${seconds}/${sign(seconds, apiSecret, body)}`;
    const call = { method: 'POST', path, body, effect: type !== 'list', shownAs } as const;
    const reply = await client.read(call, wire.opReply(result));
    if ('failed' in reply) throw opError(shownAs, reply.failed);
    return reply.done;
  };
}

/** But for `obj_id_not_found` Corezoid publishes no list of reasons: these are their likely words. `of`: where they count. */
const MEANINGS: readonly { words: RegExp; code: VendorErrorCode; of?: RegExp }[] = [
  { words: /sign|login|auth|secret|\bkey\b/i, code: 'UNAUTHORISED', of: /^the request/ },
  { words: /not.?found|not exist/i, code: 'GONE', of: /^(modify|delete|link)/ },
  { words: /already|duplicate/i, code: 'CONFLICT', of: /^create/ },
  { words: /\brps\b|too many|rate limit/i, code: 'THROTTLED' },
  { words: /access|denied|permission|rights|superadmin/i, code: 'NOT_PERMITTED' },
];

/** What a failed op (`type/obj`) means; Corezoid answers HTTP 200 all the same. */
function opError(name: string, { proc, description, whole }: wire.Failure): VendorError {
  const what = whole ? 'the request' : name;
  const said = `${proc} ${description ?? ''}`;
  const meaning = MEANINGS.find(({ words, of }) => words.test(said) && (!of || of.test(what)));
  const reason = vendorReason({ status: 200, headers: {}, body: description ?? '' }) ?? proc;
  return new VendorError(meaning?.code ?? 'REJECTED', `Corezoid refused ${what} (${reason}).`);
}

/** The operations of Corezoid's API on one company, see README. */
export function companyCalls(settings: Settings, credentials: Credentials, http: VendorHttp) {
  const call = opCaller(settings, credentials, http);
  const sorted = { sort: 'title', order: 'asc' };
  const unlinked = { empty: { level: '' }, null: { level: null }, omit: {} }[settings.unlinkLevel];
  const admins = { obj_type: 'admins' };
  return {
    listUsers: () => call('list/company_users', { filter: 'user', ...sorted }, wire.UserList),
    invite: (values: JsonObject) => call('create/invite', values, wire.Done),
    /** `values`: the hash, and the row's id where it is known. */
    deleteInvite: (values: JsonObject) => call('delete/invite', values, wire.Done),
    setStatus: (values: JsonObject) => call('modify/user_status', values, wire.Done),
    deleteUser: (id: number) => call('delete/user', { obj_id: id }, wire.Done),
    listGroups: () => call('list/company_users', { filter: 'group', ...sorted }, wire.GroupList),
    createGroup: (title: string) => call('create/group', { ...admins, title }, wire.GroupWritten),
    renameGroup: (id: number, title: string) =>
      call('modify/group', { obj_id: id, ...admins, status: 'actived', title }, wire.GroupWritten),
    deleteGroup: (id: number) => call('delete/group', { obj_id: id }, wire.Done),
    listMembers: (id: number) => call('list/group', { obj_id: id, list_obj: 'user' }, wire.MemberList),
    /** `level` takes the person in; none, out. */
    linkUser: (values: JsonObject, level?: number) =>
      call('link/user', { ...values, ...(level ? { level } : unlinked) }, wire.Done),
  };
}
export type CompanyCalls = ReturnType<typeof companyCalls>;
