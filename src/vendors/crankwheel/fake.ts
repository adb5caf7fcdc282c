import express, { type Response } from 'express';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import { createFakeApp, type Fake } from '../../vendor-kit/fake.ts';
import { type FakeTable, openFakeTable } from '../../vendor-kit/fake-table.ts';

const API_KEY = 'sandbox-crankwheel-key';
const PRIVILEGES = ['user', 'admin', 'owner', 'reporting'];

const Access = z.object({
  email: z.string(),
  privilege: z.string().default('user'),
  in_demo_pool: z.boolean().nullable().default(null),
});
type Access = z.infer<typeof Access>;

const Quirks = z.strictObject({
  /** What a POST for an address that is there does; not documented. */
  onDuplicate: z.enum(['update', 'refuse', 'ignore']).default('update'),
  /** The envelope of the list; not documented. */
  listAs: z.enum(['array', 'object']).default('array'),
});
type Quirks = z.infer<typeof Quirks>;

/** CrankWheel's `user_access` as its documents describe it. */
export const fake: Fake = {
  async create(records, quirks = {}) {
    const users = await openFakeTable(records, 'user', Access);
    return createFakeApp({
      routes: createRoutes(users, Quirks.parse(quirks)),
      unauthorised: (_request, response) => refuseKey(response),
      accounts: () => users.all().map((user) => ({ key: user.email, state: 'active', vendor: user })),
      seed: (key, vendor) => users.put(fold(key), Access.parse({ ...vendor, email: key })),
      forget: (key) => users.delete(fold(key)),
    });
  },
  sandbox: {
    settings: (fakeUrl) => ({ baseUrl: `${fakeUrl}/ss/api`, concurrency: 8, requestsPerSecond: 1000 }),
    credentials: { apiKey: API_KEY },
  },
  examples: {},
};

function createRoutes(users: FakeTable<Access>, quirks: Quirks): express.Router {
  const api = express.Router();
  api.use((request, response, next) => {
    if (request.get('authorization') === `Basic ${API_KEY}`) next();
    else refuseKey(response);
  });
  api.get('/user_access', (_request, response) => {
    response.json(quirks.listAs === 'array' ? users.all() : { user_access: users.all() });
  });
  api.post('/user_access', async (request, response) => {
    const access = readForm(request.body);
    const fault = findFault(access);
    if (fault) return void response.status(422).json({ errors: fault });
    const existing = users.get(fold(access.email));
    if (existing && quirks.onDuplicate === 'refuse') {
      return void response.status(422).json({ errors: { email: ['has already been taken'] } });
    }
    const kept = existing && quirks.onDuplicate === 'ignore' ? existing : access;
    await users.put(fold(access.email), kept);
    response.status(201).json(kept);
  });
  api.get('/user_access/:email', (request, response) => {
    const user = users.get(fold(request.params.email));
    if (user) response.json(user);
    else response.status(404).json({ error: 'Not found' });
  });
  api.delete('/user_access/:email', async (request, response) => {
    const existed = await users.delete(fold(request.params.email));
    if (existed) response.status(204).end();
    else response.status(404).json({ error: 'Not found' });
  });
  return express.Router().use('/ss/api', api);
}

function readForm(body: string): Access {
  const form = new URLSearchParams(body);
  return {
    email: form.get('user_access[email]')?.trim() ?? '',
    privilege: form.get('user_access[privilege]') ?? 'user',
    in_demo_pool: form.get('user_access[in_demo_pool]') === 'true',
  };
}

function findFault({ email, privilege }: Access): Record<string, string[]> | undefined {
  if (!email.includes('@')) return { email: ['is invalid'] };
  return PRIVILEGES.includes(privilege) ? undefined : { privilege: ['is not included in the list'] };
}

function refuseKey(response: Response): void {
  response.status(401).json({ error: 'Unauthorized' });
}
