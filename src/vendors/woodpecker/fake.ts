import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import { createFakeApp, type Fake } from '../../vendor-kit/fake.ts';
import { type FakeTable, openFakeTable } from '../../vendor-kit/fake-table.ts';
import { parseJson } from '../../vendor-kit/reply.ts';
import { oneAtATime } from './fake-slot.ts';

const API_KEY = 'sandbox-woodpecker-key';
const COMPANY_ID = 4711;
const FIRST_USER_ID = 1236;
const FIRST_INVITATION_ID = 90_001;
const PAGE_SIZE = 50;
const QUEUE = 6;

const FakeUser = z.object({
  id: z.int(),
  name: z.string().default(''),
  email: z.string(),
  roles: z.array(z.string()).default(['guest']),
  guest_permissions: z.array(z.string()).default([]),
  invitationId: z.int(),
  accepted: z.boolean().default(true),
  /** Invitations that were mailed, the first one included. */
  mails: z.int().default(0),
});
type FakeUser = z.infer<typeof FakeUser>;

const Quirks = z.strictObject({
  /** Whether the list has invited people before they accept; not documented. */
  listsPending: z.boolean().default(false),
  /** Whether the agency has the White Label add-on, and its API refuses `guest_permissions`; not documented. */
  whiteLabel: z.boolean().default(false),
  /** How a request over the limit is refused: as in the current documents, or with E_TOO_MANY_REQUESTS as in the older ones. */
  throttledAs: z.enum(['429', '400']).default('429'),
  /** How a bad key is refused; the older documents say E_SESSION. */
  badKeyAs: z.enum(['401', '400']).default('401'),
  /** How long a request waits for its turn. */
  queueWaitMs: z.int().min(0).default(15_000),
});
type Quirks = z.infer<typeof Quirks>;

const Permissions = z.array(z.enum(['mailboxes']));
const Guest = z.object({
  name: z.string().min(1),
  email: z.email(),
  guest_permissions: Permissions.nullish(),
});
const Invitation = z.object({ guests: z.array(Guest).min(1).max(10) });
const PermissionsWrite = z.object({ guests: z.array(z.object({ id: z.int(), permissions: Permissions })) });

/** One company of a Woodpecker agency as the documents describe it. */
export const fake: Fake = {
  async create(records, given = {}) {
    const quirks = Quirks.parse(given);
    const users = await openFakeTable(records, 'user', FakeUser);
    const refuseKey = (_request: Request, response: Response) =>
      quirks.badKeyAs === '401'
        ? void response.status(401).json({ error: 'Unauthorized' })
        : refuse(response, 'E_SESSION');
    return createFakeApp({
      routes: createRoutes(users, quirks, refuseKey),
      unauthorised: refuseKey,
      accounts: () =>
        byId(users).map((user) => ({
          key: user.email,
          state: user.accepted ? 'active' : 'pending',
          vendor: user,
        })),
      seed: (key, vendor) =>
        users.put(fold(key), FakeUser.parse({ ...nextIds(users), ...vendor, email: key })),
      forget: (key) => users.delete(fold(key)),
      async accept(key) {
        const user = users.get(fold(key));
        if (!user || user.accepted) return false;
        await users.put(fold(key), { ...user, accepted: true });
        return true;
      },
    });
  },
  sandbox: {
    settings: (fakeUrl) => ({
      baseUrl: `${fakeUrl}/rest/v2`,
      companyId: COMPANY_ID,
      requestsPerSecond: 1000,
    }),
    credentials: { apiKey: API_KEY },
  },
  examples: { guestPermissions: [[], ['mailboxes']] },
};

function createRoutes(
  users: FakeTable<FakeUser>,
  quirks: Quirks,
  refuseKey: (request: Request, response: Response) => void,
): Router {
  const company = express.Router();
  company.use((request, response, next) => {
    if (request.get('x-api-key') === API_KEY) next();
    else refuseKey(request, response);
  });
  company.use(oneAtATime({ queue: QUEUE, waitMs: quirks.queueWaitMs, refuse: refuseExcess(quirks) }));
  addList(company, users, quirks);
  addInvitation(company, users, quirks);
  addPermissions(company, users);
  return express.Router().use(`/rest/v2/agency/companies/${COMPANY_ID}`, company);
}

function addList(company: Router, users: FakeTable<FakeUser>, quirks: Quirks): void {
  company.get('/users', (request, response) => {
    const { page = '1', role } = request.query;
    const listed = byId(users)
      .filter((user) => user.accepted || quirks.listsPending)
      .filter((user) => typeof role !== 'string' || user.roles.includes(role));
    const start = (Number(page) - 1) * PAGE_SIZE;
    response.json({
      content: listed
        .slice(start, start + PAGE_SIZE)
        .map(({ id, name, email, roles, guest_permissions }) => ({
          id,
          name,
          email,
          roles,
          guest_permissions,
        })),
      pagination_data: {
        total_elements: listed.length,
        total_pages: Math.ceil(listed.length / PAGE_SIZE),
        current_page_number: Number(page),
        page_size: PAGE_SIZE,
      },
    });
  });
}

function addInvitation(company: Router, users: FakeTable<FakeUser>, quirks: Quirks): void {
  company.post('/invite_guest', async (request, response) => {
    const parsed = Invitation.safeParse(parseJson(request.body));
    if (!parsed.success) return refuseBody(response, parsed.error);
    const { guests } = parsed.data;
    if (quirks.whiteLabel && guests.some((guest) => guest.guest_permissions !== undefined)) {
      return refuse(response, 'E_WRONG_PARAM', 'guest_permissions');
    }
    const invitations = [];
    for (const guest of guests) {
      const user = invited(users, guest);
      await users.put(fold(guest.email), user);
      invitations.push({ email: user.email, invitation_id: user.invitationId });
    }
    response.json({ guests: invitations });
  });
}

/** The documented rules: a new guest is mailed; one who has not accepted is mailed again, unchanged; others are not. */
function invited(users: FakeTable<FakeUser>, guest: z.infer<typeof Guest>): FakeUser {
  const existing = users.get(fold(guest.email));
  if (existing) return existing.accepted ? existing : { ...existing, mails: existing.mails + 1 };
  const { name, email } = guest;
  const guest_permissions = guest.guest_permissions ?? [];
  return FakeUser.parse({ ...nextIds(users), name, email, guest_permissions, accepted: false, mails: 1 });
}

function addPermissions(company: Router, users: FakeTable<FakeUser>): void {
  company.put('/guests/permissions', async (request, response) => {
    const parsed = PermissionsWrite.safeParse(parseJson(request.body));
    if (!parsed.success) return refuseBody(response, parsed.error);
    const { guests } = parsed.data;
    const changed = guests.flatMap(({ id, permissions }) => {
      const guest = users.all().find((user) => user.id === id && user.roles.includes('guest'));
      return guest ? [{ ...guest, guest_permissions: permissions }] : [];
    });
    if (changed.length < guests.length) return refuse(response, 'E_RECORD_NOT_FOUND');
    for (const user of changed) await users.put(fold(user.email), user);
    response.status(200).end();
  });
}

function byId(users: FakeTable<FakeUser>): FakeUser[] {
  return users.all().sort((a, b) => a.id - b.id);
}

/** The last user's id that was given, for each company: none is given twice. */
const lastIds = new WeakMap<FakeTable<FakeUser>, number>();

/** A user's id and an invitation's are not the same. */
function nextIds(users: FakeTable<FakeUser>): Pick<FakeUser, 'id' | 'invitationId'> {
  const given = lastIds.get(users) ?? FIRST_USER_ID - 1;
  const id = users.all().reduce((most, user) => Math.max(most, user.id), given) + 1;
  lastIds.set(users, id);
  return { id, invitationId: FIRST_INVITATION_ID + id - FIRST_USER_ID };
}

function refuseExcess({ throttledAs }: Quirks): (response: Response) => void {
  return (response) => {
    if (throttledAs === '429') response.status(429).json({ error: 'Too Many Requests' });
    else refuse(response, 'E_TOO_MANY_REQUESTS');
  };
}

function refuseBody(response: Response, { issues }: z.ZodError): void {
  const [issue] = issues;
  const code = issue?.path.at(-1) === 'email' ? 'E_EMAIL' : 'E_WRONG_PARAM';
  refuse(response, code, issue?.path.join('.'));
}

/** The codes are documented, the body around them only by the older API. */
function refuse(response: Response, code: string, msg = ''): void {
  response.status(400).json({ status: { status: 'ERROR', code, msg } });
}
