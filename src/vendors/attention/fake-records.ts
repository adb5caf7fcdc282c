import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FakeRecords } from '../../core/ports.ts';
import { type FakeTable, openFakeTable } from '../../vendor-kit/fake-table.ts';

export const ROLES = [
  { uuid: '84e67f54-5157-442b-a2b3-8b9c728b2fef1', name: 'Sales rep', type: 'SALES_REP' },
  { uuid: '6f1e9c1c-0a55-4a55-9a55-3f1f2f4c9d10', name: 'Manager', type: 'MANAGER' },
  { uuid: '0b0f7d7e-3a4e-4f6b-8f43-1a6f4f0f7c21', name: 'Admin', type: 'ADMIN' },
] as const;

export const TEAMS = [
  { uuid: 'fe515723-fe2e-4959-a5fa-c4d3937fe7e4', name: 'General' },
  { uuid: '802a13d8-1ad0-4f4a-b880-9ace889fafa6', name: 'Sales' },
] as const;

const FakeUser = z.object({
  uuid: z.string().default(() => randomUUID()),
  /** Differs from `uuid`, as it may at Attention. */
  scimId: z.string().default(() => randomUUID()),
  email: z.string(),
  firstName: z.string().default(''),
  lastName: z.string().default(''),
  roleUUID: z.string().default(ROLES[0].uuid),
  teams: z.array(z.string()).default([TEAMS[0].uuid]),
  primaryTeamUUID: z.string().default(TEAMS[0].uuid),
  seat_type: z.string().default('recording'),
  botName: z.string().default(''),
  dealsEnabled: z.boolean().default(false),
  deactivatedAt: z.string().nullable().default(null),
});
export type FakeUser = z.infer<typeof FakeUser>;

const FakeTeam = z.object({ uuid: z.string(), name: z.string() });
export type FakeTeam = z.infer<typeof FakeTeam>;

/** What the fake organisation holds; users by uuid. */
export interface Organisation {
  users: FakeTable<FakeUser>;
  teams: FakeTable<FakeTeam>;
  userByEmail(email: string): FakeUser | undefined;
  /** A new user, or one that a test describes; what is not given is made up. */
  addUser(user: JsonObject): Promise<FakeUser>;
}

/** The organisation as it was left; a new one has the roles and teams of Attention's own examples. */
export async function openOrganisation(records: FakeRecords): Promise<Organisation> {
  const users = await openFakeTable(records, 'user', FakeUser);
  const teams = await openFakeTable(records, 'team', FakeTeam);
  if (teams.all().length === 0) {
    for (const team of TEAMS) await teams.put(team.uuid, team);
  }
  return {
    users,
    teams,
    userByEmail: (email) => users.all().find((user) => fold(user.email) === fold(email)),
    async addUser(described) {
      const user = FakeUser.parse(described);
      await users.put(user.uuid, user);
      return user;
    },
  };
}
