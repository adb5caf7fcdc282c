import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Company, FakePerson } from './fake-company.ts';

export const Quirks = z.strictObject({
  /** Whether the key is a superadmin's: only that one blocks people and sees invitations. */
  superadmin: z.boolean().default(true),
  /** Elsewhere not even superadmins see invitations. */
  multiTenant: z.boolean().default(true),
  /** Whether the reply to an invitation has its link: it has not where Corezoid mails it itself. */
  tellsUrl: z.boolean().default(true),
  /** An invitation for an address that has one, or an account; not documented. */
  onDuplicate: z.enum(['resend', 'refuse', 'second']).default('resend'),
  /** Which `level` takes somebody out of a group; sources differ. Another one is answered `ok` and does nothing. */
  unlinksBy: z.enum(['any', 'empty', 'null', 'omit']).default('any'),
  /** Whether `link/user` moves people: it is documented for API keys. */
  linksPeople: z.boolean().default(true),
  /** Whether replies carry the ops’ ids: Corezoid's example shows an empty one. */
  echoesIds: z.boolean().default(true),
  /** The answer to a bad key: HTTP 401, or HTTP 200 and `request_proc`; not documented. */
  badKey: z.enum(['status', 'request_proc']).default('status'),
});
export type Quirks = z.infer<typeof Quirks>;

/** Why an op fails, as its result in the reply. */
class OpFailure extends Error {
  readonly proc: string;

  constructor(description: string, proc = 'error') {
    super(description);
    this.proc = proc;
  }
}

type Handler = (op: JsonObject, company: Company, quirks: Quirks) => Promise<JsonObject> | JsonObject;

const id = z.int();
const Invite = z.object({
  login: z.string().min(3).max(100).includes('@'),
  login_type: z.enum(['corezoid', 'google']).default('corezoid'),
  link_to_obj: z
    .enum(['group', 'project', 'stage', 'conv', 'folder', 'dashboard', 'instance'])
    .nullable()
    .default(null),
  link_to_obj_id: id.nullable().default(null),
  privs: z.array(z.json()).default([]),
});
const Status = z.object({
  obj_id: id,
  status: z.enum(['actived', 'blocked']),
  blocked_reason: z.string().max(2000),
});
const Title = z.string().min(3).max(255);
const GroupCreate = z.object({ obj_type: z.literal('admins'), title: Title });
const GroupModify = z.object({ obj_id: id, obj_type: z.literal('admins'), status: z.string(), title: Title });
const Link = z.object({ group_id: id, obj_id: id, level: z.json().optional() });

/** By `type/obj`. */
const HANDLERS: Record<string, Handler> = {
  'create/invite': async (op, company, quirks) => {
    const { login, ...invite } = read(Invite, op);
    const known = company.personByLogin(login) ?? company.invitesOf(login)[0];
    if (known && quirks.onDuplicate === 'refuse') throw new OpFailure('User is already in company');
    if (invite.link_to_obj === 'group') findGroup(company, invite.link_to_obj_id);
    if (known && quirks.onDuplicate === 'resend') return {};
    const { hash } = await company.addInvite(login, invite);
    return quirks.tellsUrl ? { url: `https://admin.corezoid.com/invite/${hash}` } : {};
  },
  'delete/invite': async (op, company) => {
    const { hash } = read(z.object({ hash: z.string().min(40).max(128) }), op);
    if (!(await company.invites.delete(hash))) throw new OpFailure('Invite not found');
    return {};
  },
  'list/company_users': (op, company, quirks) => {
    const { filter } = read(z.object({ filter: z.enum(['user', 'group']) }), op);
    return { list: filter === 'group' ? sorted(listGroups(company)) : sorted(listUsers(company, quirks)) };
  },
  'modify/user_status': async (op, company, quirks) => {
    if (!quirks.superadmin) throw new OpFailure('Access denied');
    const { obj_id, ...status } = read(Status, op);
    const person = findPerson(company, obj_id);
    await company.people.put(String(obj_id), { ...person, ...status });
    return { obj_id, status: status.status };
  },
  'delete/user': async (op, company) => {
    const { obj_id } = read(z.object({ obj_id: id }), op);
    findPerson(company, obj_id);
    await company.people.delete(String(obj_id));
    return { obj_id };
  },
  'create/group': async (op, company) => {
    const { title } = read(GroupCreate, op);
    return { obj_id: (await company.addGroup(title)).obj_id };
  },
  'modify/group': async (op, company) => {
    const { obj_id, title } = read(GroupModify, op);
    await company.groups.put(String(obj_id), { ...findGroup(company, obj_id), title });
    return { obj_id };
  },
  'delete/group': async (op, company) => {
    const { obj_id } = read(z.object({ obj_id: id }), op);
    findGroup(company, obj_id);
    await company.groups.delete(String(obj_id));
    for (const person of company.people.all()) await setGroup(company, person, obj_id, false);
    return { obj_id };
  },
  'list/group': (op, company) => {
    const { obj_id } = read(z.object({ obj_id: id, list_obj: z.literal('user') }), op);
    findGroup(company, obj_id);
    const members = company.people.all().filter((person) => person.groups.includes(obj_id));
    return {
      obj_id,
      list: members.map(({ obj_id, title, logins }) => ({ obj: 'user', obj_id, title, logins })),
    };
  },
  'link/user': async (op, company, quirks) => {
    const { group_id, obj_id, level } = read(Link, op);
    findGroup(company, group_id);
    const person = findPerson(company, obj_id);
    const way = { '1': 'in', '""': 'empty', null: 'null' }[JSON.stringify(level) ?? ''] ?? 'omit';
    const works = way === 'in' || quirks.unlinksBy === 'any' || quirks.unlinksBy === way;
    if (works && quirks.linksPeople) await setGroup(company, person, group_id, way === 'in');
    return { obj_id, logins: person.logins };
  },
};

/** The result of one op as it stands in the reply, its id apart. */
export async function answerOp(op: JsonObject, company: Company, quirks: Quirks): Promise<JsonObject> {
  const obj = op['obj'] ?? null;
  const handler = HANDLERS[`${op['type']}/${obj}`];
  try {
    if (!handler) throw new OpFailure('Unknown operation');
    return { obj, proc: 'ok', ...(await handler(op, company, quirks)) };
  } catch (error) {
    if (!(error instanceof OpFailure)) throw error;
    return { obj, proc: error.proc, ...(error.proc === 'error' && { description: error.message }) };
  }
}

function read<T>(schema: z.ZodType<T>, op: JsonObject): T {
  const parsed = schema.safeParse(op);
  if (parsed.success) return parsed.data;
  throw new OpFailure(`Value is not valid / ${parsed.error.issues[0]?.path.join('.')}`);
}

function findPerson(company: Company, objId: number): FakePerson {
  const person = company.people.get(String(objId));
  if (!person) throw new OpFailure('', 'obj_id_not_found');
  return person;
}

function findGroup(company: Company, objId: number | null) {
  const group = company.groups.get(String(objId));
  if (!group) throw new OpFailure('', 'obj_id_not_found');
  return group;
}

async function setGroup(company: Company, person: FakePerson, groupId: number, member: boolean) {
  const others = person.groups.filter((one) => one !== groupId);
  const groups = member ? [...others, groupId] : others;
  if (groups.length !== person.groups.length)
    await company.people.put(String(person.obj_id), { ...person, groups });
}

function listGroups(company: Company) {
  const size = (groupId: number) =>
    company.people.all().filter(({ groups }) => groups.includes(groupId)).length;
  return company.groups.all().map((group) => ({ ...group, size: size(group.obj_id), is_owner: true }));
}

function listUsers(company: Company, quirks: Quirks) {
  const invites = quirks.superadmin && quirks.multiTenant ? company.invites.all() : [];
  return [
    ...company.people.all().map((person) => describePerson(person, company)),
    ...invites.map(({ obj_id, hash, login, login_type, privs }) => ({
      obj: 'user',
      obj_id,
      title: login,
      logins: [{ type: login_type, login }],
      privs,
      is_invite: true,
      invite_hash: hash,
    })),
  ];
}

/** A person as a row of the list. */
export function describePerson({ blocked_reason: _, groups, ...person }: FakePerson, company: Company) {
  const named = groups.map((one) => ({ id: one, name: company.groups.get(String(one))?.title ?? '' }));
  return { ...person, groups: named };
}

function sorted<T extends { title: string }>(rows: T[]): T[] {
  return rows.toSorted((a, b) => (fold(a.title) < fold(b.title) ? -1 : 1));
}
