import express, { type Response, type Router } from 'express';
import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { createFakeApp, type Fake, type FakeAccount } from '../../vendor-kit/fake.ts';
import { parseJson } from '../../vendor-kit/reply.ts';
import { sign } from './client.ts';
import { type Company, GROUPS, openCompany } from './fake-company.ts';
import { answerOp, describePerson, Quirks } from './fake-ops.ts';

const API_LOGIN = 'sandbox-corezoid-login';
const API_SECRET = 'sandbox-corezoid-secret';
const COMPANY_ID = 'i702619617';

const Body = z.object({ ops: z.array(z.record(z.string(), z.json())) });

/** A Corezoid company as the documents describe it: signed requests, ops, errors under HTTP 200. */
export const fake: Fake = {
  async create(records, given = {}) {
    const quirks = Quirks.parse(given);
    const company = await openCompany(records);
    return createFakeApp({
      routes: apiRoutes(company, quirks),
      unauthorised: (_request, response) => refuseKey(response, quirks),
      accounts: () => describeAccounts(company),
      seed: async (key, { is_invite, ...vendor }) => {
        if (is_invite === true) await company.addInvite(key, vendor);
        else await company.addPerson(key, vendor);
      },
      forget: (key) => forget(company, key),
      accept: (key) => company.accept(key),
    });
  },
  sandbox: {
    settings: (fakeUrl) => ({
      baseUrl: `${fakeUrl}/api/2/json`,
      concurrency: 8,
      requestsPerSecond: 1000,
      companyId: COMPANY_ID,
      listsInvitations: true,
    }),
    credentials: { apiLogin: API_LOGIN, apiSecret: API_SECRET },
  },
  examples: { groups: [[GROUPS[2].obj_id], [GROUPS[3].obj_id]] },
};

function apiRoutes(company: Company, quirks: Quirks): Router {
  const api = express.Router();
  api.post('/api/2/json/:login/:time/:signature', async (request, response) => {
    const { login, time, signature } = request.params;
    // Letter case is not important (Corezoid's API v2 spec).
    const isSigned = signature.toLowerCase() === sign(Number(time), API_SECRET, request.body);
    if (login !== API_LOGIN || !isSigned) return refuseKey(response, quirks);
    const body = Body.safeParse(parseJson(request.body));
    if (!body.success) return void response.status(400).json({ request_proc: 'error', ops: [] });
    const ops: JsonObject[] = [];
    for (const op of body.data.ops) {
      const result =
        op['company_id'] === COMPANY_ID
          ? await answerOp(op, company, quirks)
          : { obj: op['obj'] ?? null, proc: 'error', description: 'Value is not valid / company_id' };
      ops.push({ id: quirks.echoesIds ? (op['id'] ?? '') : '', ...result });
    }
    response.json({ request_proc: 'ok', ops });
  });
  return api;
}

function refuseKey(response: Response, { badKey }: Quirks): void {
  const reply = { request_proc: 'error', description: 'Wrong signature', ops: [] };
  response.status(badKey === 'status' ? 401 : 200).json(reply);
}

function describeAccounts(company: Company): FakeAccount[] {
  const people = company.people.all().map((person): FakeAccount => {
    const state = person.status === 'blocked' ? 'suspended' : 'active';
    const vendor = { ...describePerson(person, company), blocked_reason: person.blocked_reason };
    return { key: person.logins[0]?.login ?? '', state, vendor };
  });
  const invites = company.invites.all().map((invite) => ({ key: invite.login, vendor: invite }));
  return [...people, ...invites.map((invite) => ({ ...invite, state: 'pending' as const }))];
}

async function forget(company: Company, key: string): Promise<boolean> {
  const person = company.personByLogin(key);
  if (person) return company.people.delete(String(person.obj_id));
  const invites = company.invitesOf(key);
  for (const { hash } of invites) await company.invites.delete(hash);
  return invites.length > 0;
}
