import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import { createFakeApp, type Fake } from '../../vendor-kit/fake.ts';
import { parseJson } from '../../vendor-kit/reply.ts';
import { type Accounts, type FakeAccount, openAccounts, PROFILES, type Tag } from './fake-records.ts';

const API_KEY = 'sandbox-agendize-key';
const TOKEN = 'sandbox-agendize-token';

const Quirks = z.strictObject({
  /** A create for an address that is there; not documented. `second` makes a second account. */
  onDuplicate: z.enum(['conflict', 'refuse', 'second']).default('conflict'),
  /** Errors come with their own status, or with 200 and an `error` in the body. */
  errorsAs: z.enum(['status', 'ok']).default('status'),
  /** Ids are documented as texts; clients show numbers. */
  ids: z.enum(['text', 'number']).default('text'),
  /** What is taken without effect: on update all of these, on create the preferences and the resellerId. */
  ignores: z.array(z.enum(['profile', 'preferences', 'resellerId', 'status'])).default([]),
});
type Quirks = z.infer<typeof Quirks>;

const id = z.union([z.string(), z.number()]).transform(String);
const TagWrite = z.object({
  tag: z.string().min(1).max(255),
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i)
    .optional(),
});
const Update = z.object({
  email: z.string().max(255).includes('@').optional(),
  firstName: z.string().max(255).optional(),
  lastName: z.string().max(255).optional(),
  profile: z.object({ id }).optional(),
  preferences: z
    .object({
      displayName: z.string().max(63).optional(),
      timeZone: z.string().optional(),
      language: z.string().optional(),
    })
    .optional(),
  resellerId: z.string().optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
  tags: z.array(TagWrite).optional(),
});
type Update = z.infer<typeof Update>;
const Create = Update.omit({ status: true })
  .required({ email: true, profile: true })
  .extend({ sendSignupEmail: z.boolean().default(false) });

/** The accounts of an Agendize reseller, as the documents describe them. */
export const fake: Fake = {
  async create(records, given = {}) {
    const quirks = Quirks.parse(given);
    const accounts = await openAccounts(records);
    return createFakeApp({
      routes: express.Router().use('/api/2.0/resellers', accountRoutes(accounts, quirks)),
      unauthorised: (_request, response) => refuse(response, quirks, 401, 'Invalid API key or token'),
      accounts: () =>
        accounts.all().map((account) => ({
          key: account.email,
          state: account.status === 'enabled' ? 'active' : 'suspended',
          vendor: account,
        })),
      seed: async (key, vendor) => void (await accounts.add({ ...vendor, email: key })),
      forget: async (key) => accounts.delete(accounts.byEmail(key)?.id ?? key),
    });
  },
  sandbox: {
    settings: (fakeUrl) => ({
      baseUrl: `${fakeUrl}/api/2.0/resellers`,
      defaultProfileId: PROFILES[0].id,
      concurrency: 8,
      requestsPerSecond: 1000,
    }),
    credentials: { apiKey: API_KEY, token: TOKEN },
  },
  examples: {
    profileId: ['12', '14'],
    tags: [[{ tag: 'Sales', color: '#3366ff' }], [{ tag: 'Support', color: '#ff6633' }]],
  },
};

function accountRoutes(accounts: Accounts, quirks: Quirks): Router {
  const api = express.Router();
  api.use((request, response, next) => {
    if (request.get('apiKey') === API_KEY && request.get('token') === TOKEN) next();
    else refuse(response, quirks, 401, 'Invalid API key or token');
  });
  const create = (request: Request, response: Response) => createAccount(accounts, quirks, request, response);
  api.get('/accounts', (_request, response) => {
    const own = accounts.all().filter((account) => !account.otherReseller);
    response.json({ items: own.map((account) => describe(account, quirks)) });
  });
  // Sources differ on the verbs, so both are good.
  api.route('/accounts').post(create).put(create);
  api
    .route('/accounts/:key')
    .all((request, response, next) => {
      const account = accounts.byKey(request.params.key);
      if (!account) return refuse(response, quirks, 404, 'This account does not exist');
      if (account.otherReseller) return refuse(response, quirks, 403, 'This account is not yours');
      // Only reads take a resellerId or a user name.
      if (request.method !== 'GET' && account.id !== request.params.key)
        return refuse(response, quirks, 404, 'This account does not exist');
      response.locals['account'] = account;
      next();
    })
    .get((_request, response) => void response.json(describe(response.locals['account'], quirks)))
    .post((request, response) => updateAccount(accounts, quirks, request, response))
    .put((request, response) => updateAccount(accounts, quirks, request, response))
    .delete(async (_request, response) => {
      await accounts.delete(response.locals['account'].id);
      response.status(200).end();
    });
  return api;
}

async function createAccount(
  accounts: Accounts,
  quirks: Quirks,
  request: Request,
  response: Response,
): Promise<void> {
  const given = readBody(Create, quirks, request, response);
  if (!given) return;
  const existing = accounts.byEmail(given.email);
  if (existing?.otherReseller) return refuse(response, quirks, 403, 'This user name is taken');
  if (existing && quirks.onDuplicate !== 'second') {
    return refuse(response, quirks, quirks.onDuplicate === 'conflict' ? 409 : 400, 'This user name is taken');
  }
  if (!accepts(accounts, quirks, response, given)) return;
  // The documents list neither preferences nor resellerId for the create call, and leave no doubt about the profile.
  const ignores = quirks.ignores.filter((name) => name === 'preferences' || name === 'resellerId');
  const { email, sendSignupEmail } = given;
  const values = { displayName: email, ...valuesOf(given, ignores), email };
  const account = await accounts.add({ ...values, signupEmails: sendSignupEmail ? 1 : 0 });
  response.json(describe(account, quirks));
}

async function updateAccount(
  accounts: Accounts,
  quirks: Quirks,
  request: Request,
  response: Response,
): Promise<void> {
  const account: FakeAccount = response.locals['account'];
  const given = readBody(Update, quirks, request, response);
  if (!given) return;
  if (given.email !== undefined && fold(given.email) !== fold(account.email)) {
    return refuse(response, quirks, 400, 'The email address cannot be changed');
  }
  if (!accepts(accounts, quirks, response, given, account)) return;
  const changed = { ...account, ...valuesOf(given, quirks.ignores) };
  await accounts.put(changed);
  response.json(describe(changed, quirks));
}

function accepts(
  accounts: Accounts,
  quirks: Quirks,
  response: Response,
  { profile, resellerId }: Update,
  account?: FakeAccount,
): boolean {
  if (profile && !PROFILES.some((known) => known.id === profile.id)) {
    refuse(response, quirks, 400, `The profile ${profile.id} does not exist`);
    return false;
  }
  const holder = resellerId === undefined ? undefined : accounts.byResellerId(resellerId);
  if (!holder || holder.id === account?.id) return true;
  refuse(response, quirks, 409, `The resellerId ${resellerId} is taken`);
  return false;
}

/** What a body changes of a record; tags are replaced as a whole. */
function valuesOf(given: Update, ignores: Quirks['ignores']): Partial<FakeAccount> {
  const { firstName, lastName, profile, preferences, resellerId, status, tags } = given;
  const ignored = (name: Quirks['ignores'][number]) => ignores.includes(name);
  const values = {
    firstName,
    lastName,
    ...(!ignored('profile') && { profileId: profile?.id }),
    ...(!ignored('preferences') && preferences),
    ...(!ignored('resellerId') && { resellerId }),
    ...(!ignored('status') && { status }),
    tags: tags?.map(({ tag, color = null }): Tag => ({ id: `tag-${fold(tag)}`, tag, color })),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function describe(account: FakeAccount, { ids }: Quirks): JsonObject {
  const { id, profileId, displayName, timeZone, language, created, tags } = account;
  const { email, firstName, lastName, resellerId, status, ssoToken } = account;
  const idOf = (text: string) => (ids === 'number' ? Number(text) : text);
  const profile = PROFILES.find((known) => known.id === profileId);
  return {
    id: idOf(id),
    userName: email,
    firstName,
    lastName,
    email,
    preferences: { timeZone, language, displayName },
    currency: 'EUR',
    resellerId,
    created: { dateTime: created, timeZone },
    ssoToken,
    credit: 0,
    ...(profile && { profile: { id: idOf(profile.id), name: profile.name } }),
    tools: ['scheduling', 'call'],
    clientName: [firstName, lastName].filter(Boolean).join(' ') || email,
    status,
    additionalUsers: 0,
    tags: tags.map((tag) => ({ ...tag })),
  };
}

function readBody<T>(
  schema: z.ZodType<T>,
  quirks: Quirks,
  request: Request,
  response: Response,
): T | undefined {
  const parsed = schema.safeParse(parseJson(request.body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  refuse(response, quirks, 400, `${issue?.path.join('.')}: ${issue?.message}`);
  return undefined;
}

const REASONS: Record<number, string> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
};

function refuse(response: Response, { errorsAs }: Quirks, code: number, message: string): void {
  const status = errorsAs === 'ok' ? 200 : code;
  response.status(status).json({ error: { code, reason: REASONS[code] ?? '', message } });
}
