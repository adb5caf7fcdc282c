import { type ZodType, z } from 'zod';
import { looseList } from '../../vendor-kit/wire.ts';

/** Every request has one op; replies may come in another order and are matched by this id. */
export const OP_ID = '1';

const id = z.int();
const text = z.string().nullish();
const reason = text.catch(null);

const OpResult = z.looseObject({ id: z.coerce.string().nullish(), proc: z.string(), description: reason });
const Reply = z.object({ request_proc: z.string(), description: reason, ops: z.array(OpResult).default([]) });

/** Why an op failed. `whole`: the request itself did. */
const Failure = z.object({ proc: z.string(), description: text, whole: z.boolean().default(false) });
export type Failure = z.infer<typeof Failure>;
const Failed = Failure.refine(({ proc }) => proc !== 'ok').transform((failed) => ({ failed }));

/** The reply to one op: HTTP 200 also where it failed; it succeeded only if `request_proc` and its own `proc` are `ok`. */
export function opReply<T>(result: ZodType<T>) {
  return z.preprocess(pickOwnResult, z.union([Failed, result.transform((done) => ({ done }))]));
}

function pickOwnResult(value: unknown): unknown {
  const reply = Reply.safeParse(value);
  if (!reply.success) return undefined;
  const { request_proc: proc, description, ops } = reply.data;
  const [first] = ops;
  if (proc !== 'ok') return { proc, description: description ?? first?.description, whole: true };
  // The document's own example answers with an empty id.
  const only = ops.length === 1 && !first?.id ? first : undefined;
  return ops.find((op) => op.id === OP_ID) ?? only;
}

/** `url`: of a new invitation that Corezoid does not mail itself; it ends in the hash. `status`: of a person, as changed. */
export const Done = z.object({ url: text, status: text });
export const GroupWritten = z.object({ obj_id: id });

const logins = z.array(z.object({ login: text })).nullish();

/** In a superadmin's list of a multi-tenant Corezoid alone: an invitation that nobody has accepted. */
const Invitation = z.object({ is_invite: z.literal(true), invite_hash: text, obj_id: id.nullish(), logins });
/** `status`: `actived` (so spelled) or `blocked`. */
const Person = z.object({
  is_invite: z.literal(false).optional(),
  obj_id: id,
  logins,
  status: text,
  is_superadmin: z.boolean().nullish(),
  groups: z.array(z.object({ id })).nullish(),
});
const UserRow = z.union([Invitation, Person]);
export type UserRow = z.infer<typeof UserRow>;

export const UserList = looseList(UserRow);
/** `type`: people make `admins` groups only; the others are Corezoid's own. */
export const GroupList = looseList(z.object({ obj_id: id, title: z.string(), type: text }));
export const MemberList = looseList(GroupWritten);
