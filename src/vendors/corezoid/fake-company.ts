import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FakeRecords } from '../../core/ports.ts';
import { type FakeTable, openFakeTable } from '../../vendor-kit/fake-table.ts';

/** The ids in Corezoid's own example, from which new ones count up. */
const FIRST_ID = 51531;
export const GROUPS = [
  { obj_id: 1, title: 'All users', type: 'all' },
  { obj_id: 2, title: 'Superadmins', type: 'supers' },
  { obj_id: 198047, title: 'TableT8', type: 'admins' },
  { obj_id: 198048, title: 'Analysts', type: 'admins' },
] as const;

const Login = z.object({ obj_id: z.int().default(106777), type: z.string(), login: z.string() });
const FakePerson = z.object({
  obj_id: z.int(),
  title: z.string(),
  logins: z.array(Login),
  status: z.enum(['actived', 'blocked']).default('actived'),
  blocked_reason: z.string().default(''),
  is_superadmin: z.boolean().default(false),
  groups: z.array(z.int()).default([]),
});
export type FakePerson = z.infer<typeof FakePerson>;

const FakeInvite = z.object({
  obj_id: z.int(),
  hash: z.string(),
  login: z.string(),
  login_type: z.string().default('corezoid'),
  link_to_obj: z.string().nullable().default(null),
  link_to_obj_id: z.int().nullable().default(null),
  privs: z.array(z.json()).default([]),
});
export type FakeInvite = z.infer<typeof FakeInvite>;

const FakeGroup = z.object({ obj_id: z.int(), title: z.string(), type: z.string() });
export type FakeGroup = z.infer<typeof FakeGroup>;
const Counter = z.object({ next: z.int() });

/** What the fake company holds; people and groups by id, invitations by hash. */
export interface Company {
  people: FakeTable<FakePerson>;
  invites: FakeTable<FakeInvite>;
  groups: FakeTable<FakeGroup>;
  personByLogin(login: string): FakePerson | undefined;
  invitesOf(login: string): FakeInvite[];
  addPerson(login: string, described: JsonObject): Promise<void>;
  addInvite(login: string, described: JsonObject): Promise<FakeInvite>;
  addGroup(title: string): Promise<FakeGroup>;
  /** Every invitation of this address becomes one person, with the groups that they brought. */
  accept(login: string): Promise<boolean>;
}

/** The company as it was left; a new one has Corezoid's own groups and two of type admins. */
export async function openCompany(records: FakeRecords): Promise<Company> {
  const people = await openFakeTable(records, 'person', FakePerson);
  const invites = await openFakeTable(records, 'invite', FakeInvite);
  const groups = await openFakeTable(records, 'group', FakeGroup);
  const counter = await openFakeTable(records, 'counter', Counter);
  if (groups.all().length === 0) {
    for (const group of GROUPS) await groups.put(String(group.obj_id), group);
  }

  /** An id is never given twice, as the accounts that had it are gone. */
  async function nextId(): Promise<number> {
    const next = counter.get('id')?.next ?? FIRST_ID;
    await counter.put('id', { next: next + 1 });
    return next;
  }

  const invitesOf = (login: string) => invites.all().filter((one) => fold(one.login) === fold(login));

  async function addPerson(login: string, described: JsonObject): Promise<void> {
    const logins = [{ type: 'corezoid', login }];
    const person = FakePerson.parse({ obj_id: await nextId(), title: login, logins, ...described });
    await people.put(String(person.obj_id), person);
  }

  return {
    people,
    invites,
    groups,
    personByLogin: (login) =>
      people.all().find((person) => person.logins.some((one) => fold(one.login) === fold(login))),
    invitesOf,
    addPerson,
    async addInvite(login, described) {
      const hash = randomBytes(20).toString('hex');
      const invite = FakeInvite.parse({ obj_id: await nextId(), hash, login, ...described });
      await invites.put(invite.hash, invite);
      return invite;
    },
    async addGroup(title) {
      const group = { obj_id: (await nextId()) + 200_000, title, type: 'admins' };
      await groups.put(String(group.obj_id), group);
      return group;
    },
    async accept(login) {
      const accepted = invitesOf(login);
      const [first] = accepted;
      if (!first) return false;
      for (const { hash } of accepted) await invites.delete(hash);
      const linked = accepted.filter((one) => one.link_to_obj === 'group');
      const logins = [{ type: first.login_type, login: first.login }];
      await addPerson(first.login, { logins, groups: linked.map((one) => one.link_to_obj_id) });
      return true;
    },
  };
}
