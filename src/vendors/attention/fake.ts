import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { createFakeApp, type Fake, type FakeAccount } from '../../vendor-kit/fake.ts';
import { parseJson } from '../../vendor-kit/reply.ts';
import { type FakeUser, type Organisation, openOrganisation, ROLES, TEAMS } from './fake-records.ts';
import { scimRoutes } from './fake-scim.ts';

const API_KEY = 'sandbox-attention-key';
const SCIM_TOKEN = 'sandbox-attention-scim-token';
const PREFIX = '[Attention] ';

const Quirks = z.strictObject({
  /** A create for an address that is there; not documented. `second` makes a second user. */
  onDuplicate: z.enum(['conflict', 'second']).default('conflict'),
  /** Sources call a DELETE "permanent" and "soft, reactivatable". */
  onDelete: z.enum(['gone', 'deactivated']).default('gone'),
  /** Whether the filters of `GET /users` and of the SCIM side are applied. */
  filters: z.boolean().default(true),
});
type Quirks = z.infer<typeof Quirks>;

const TeamReference = z.object({ uuid: z.string(), primary: z.boolean().optional() });
const Create = z.object({
  email: z.string().includes('@'),
  first_name: z.string().min(1),
  last_name: z.string().min(1),
  roleUUID: z.string(),
  teams: z.array(TeamReference).min(1),
  seat_type: z.enum(['listener', 'recording']).default('recording'),
});
const Update = z.object({
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  botName: z.string().optional(),
  dealsEnabled: z.boolean().optional(),
  roleUUID: z.string().optional(),
  seat_type: z.enum(['listener', 'recording']).optional(),
  teamsToAdd: z.array(z.union([TeamReference, z.string().transform((uuid) => ({ uuid }))])).default([]),
  teamUUIDsToRemove: z.array(z.string()).default([]),
});
const TeamWrite = z.object({ name: z.string().min(1) });

/** An Attention organisation as the documents describe it, its SCIM side under `/v2/scim` included. */
export const fake: Fake = {
  async create(records, given = {}) {
    const quirks = Quirks.parse(given);
    const organisation = await openOrganisation(records);
    const { users } = organisation;
    const isAuthorised = (request: Request) => request.get('authorization') === `Bearer ${SCIM_TOKEN}`;
    const routes = express
      .Router()
      .use('/v2/scim', scimRoutes({ organisation, filters: quirks.filters }, isAuthorised))
      .use('/v2', restRoutes(organisation, quirks));
    return createFakeApp({
      routes,
      unauthorised: refuseKey,
      accounts: () => users.all().map((user) => toFakeAccount(user, organisation)),
      seed: async (key, vendor) => void (await organisation.addUser({ ...vendor, email: key })),
      forget: async (key) => users.delete(organisation.userByEmail(key)?.uuid ?? key),
    });
  },
  sandbox: {
    settings: (fakeUrl) => ({
      baseUrl: `${fakeUrl}/v2`,
      concurrency: 8,
      requestsPerSecond: 1000,
      defaultRoleUUID: ROLES[0].uuid,
      defaultTeamUUID: TEAMS[0].uuid,
      scim: { enabled: true },
    }),
    credentials: { apiKey: API_KEY, scimToken: SCIM_TOKEN },
  },
  examples: { roleUUID: [ROLES[0].uuid, ROLES[1].uuid], teams: [[TEAMS[0].uuid], [TEAMS[1].uuid]] },
};

function restRoutes(organisation: Organisation, quirks: Quirks): Router {
  const api = express.Router();
  api.use((request, response, next) => {
    // Sources differ on `Bearer`, so both forms of the key are good.
    if ([API_KEY, `Bearer ${API_KEY}`].includes(request.get('authorization') ?? '')) next();
    else refuseKey(request, response);
  });
  addReads(api, organisation, quirks);
  addUserWrites(api, organisation, quirks);
  addTeamWrites(api, organisation);
  return api;
}

function addReads(api: Router, organisation: Organisation, quirks: Quirks): void {
  const { users, teams } = organisation;
  const describe = (user: FakeUser) => describeUser(user, organisation);
  api.get('/organizations/users', (_request, response) => {
    response.json({ data: users.all().map(describe) });
  });
  api.get('/users', (request, response) => {
    const { email } = request.query;
    const applies = quirks.filters && typeof email === 'string';
    const found = users.all().filter((user) => !applies || user.email.toLowerCase() === email.toLowerCase());
    response.json({ data: found.map(describe) });
  });
  api.get('/organizations/roles', (_request, response) => void response.json({ data: ROLES }));
  api.get('/teams', (_request, response) => {
    response.json({ data: teams.all().map(({ uuid, name }) => ({ uuid, name: PREFIX + name })) });
  });
}

function addUserWrites(api: Router, organisation: Organisation, quirks: Quirks): void {
  const { users } = organisation;
  api.post('/organizations/users', async (request, response) => {
    const create = readBody(Create, request, response);
    if (!create) return;
    const uuids = create.teams.map((team) => team.uuid);
    if (!knowsIds(organisation, response, create.roleUUID, uuids)) return;
    if (organisation.userByEmail(create.email) && quirks.onDuplicate === 'conflict') {
      return void response.status(409).json({ error: 'A user with this email already exists' });
    }
    const { email, first_name: firstName, last_name: lastName, roleUUID, seat_type } = create;
    const primaryTeamUUID = create.teams.find((team) => team.primary)?.uuid ?? uuids[0] ?? '';
    const botName = `${firstName}'s Notetaker`;
    const values = {
      email,
      firstName,
      lastName,
      roleUUID,
      seat_type,
      teams: uuids,
      primaryTeamUUID,
      botName,
    };
    const user = await organisation.addUser(values);
    // As in Attention's example: without roles and teams.
    const { roles: _roles, teams: _teams, roleUUID: _role, ...told } = describeUser(user, organisation);
    response.json({ data: told });
  });
  api.patch('/organizations/users/:uuid', async (request, response) => {
    const user = users.get(request.params.uuid);
    if (!user) return void response.status(404).json({ error: 'User not found' });
    const update = readBody(Update, request, response);
    if (!update) return;
    const { teamsToAdd, teamUUIDsToRemove, ...values } = update;
    const added = teamsToAdd.map((team) => team.uuid);
    if (!knowsIds(organisation, response, values.roleUUID ?? user.roleUUID, added)) return;
    const teams = [...new Set([...user.teams, ...added])].filter((uuid) => !teamUUIDsToRemove.includes(uuid));
    const [first] = teams;
    if (first === undefined) {
      return void response.status(400).json({ error: 'A user needs at least one team' });
    }
    const primaryTeamUUID = teams.includes(user.primaryTeamUUID) ? user.primaryTeamUUID : first;
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    const changed = { ...user, ...given, teams, primaryTeamUUID };
    await users.put(user.uuid, changed);
    response.json({ data: describeUser(changed, organisation) });
  });
  api.delete('/organizations/users/:uuid', async (request, response) => {
    const user = users.get(request.params.uuid);
    if (!user) return void response.status(404).json({ error: 'User not found' });
    if (quirks.onDelete === 'gone') await users.delete(user.uuid);
    else await users.put(user.uuid, { ...user, deactivatedAt: new Date().toISOString() });
    response.status(204).end();
  });
}

function addTeamWrites(api: Router, { teams }: Organisation): void {
  api.post('/organizations/teams', async (request, response) => {
    const write = readBody(TeamWrite, request, response);
    if (!write) return;
    const uuid = randomUUID();
    await teams.put(uuid, { uuid, name: write.name });
    response.json({ data: { uuid, name: PREFIX + write.name } });
  });
  api.patch('/organizations/teams/:uuid', async (request, response) => {
    const team = teams.get(request.params.uuid);
    if (!team) return void response.status(404).json({ error: 'Team not found' });
    const write = readBody(TeamWrite, request, response);
    if (!write) return;
    await teams.put(team.uuid, { ...team, name: write.name });
    // As in Attention's example: without the prefix.
    response.json({ data: { uuid: team.uuid, name: write.name } });
  });
}

function describeUser(user: FakeUser, { teams }: Organisation): JsonObject {
  const { scimId: _, seat_type, dealsEnabled, ...rest } = user;
  return {
    ...rest,
    settings: { autoCalculateCRMFields: true, realTimeCapabilitiesOFF: true, dealsEnabled, seat_type },
    transcriptLang: 'en',
    roles: ROLES.filter((role) => role.uuid === user.roleUUID).map((role) => ({ ...role })),
    teams: user.teams.map((uuid) => ({ uuid, name: PREFIX + (teams.get(uuid)?.name ?? '') })),
  };
}

function toFakeAccount(user: FakeUser, organisation: Organisation): FakeAccount {
  const state = user.deactivatedAt === null ? 'active' : 'suspended';
  return { key: user.email, state, vendor: describeUser(user, organisation) };
}

function knowsIds({ teams }: Organisation, response: Response, roleUUID: string, uuids: string[]): boolean {
  const unknownTeam = uuids.find((uuid) => !teams.get(uuid));
  const knowsRole = ROLES.some((role) => role.uuid === roleUUID);
  if (knowsRole && unknownTeam === undefined) return true;
  const error = knowsRole ? `Team ${unknownTeam} not found` : `Role ${roleUUID} not found`;
  response.status(400).json({ error });
  return false;
}

function readBody<T>(schema: z.ZodType<T>, request: Request, response: Response): T | undefined {
  const parsed = schema.safeParse(parseJson(request.body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  response.status(400).json({ error: `${issue?.path.join('.')}: ${issue?.message}` });
  return undefined;
}

function refuseKey(_request: Request, response: Response): void {
  response.status(401).json({ error: 'Unauthorized' });
}
