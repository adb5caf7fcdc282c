import type { Request, Router } from 'express';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { fold } from '../../core/fold.ts';
import { parseJson } from '../../vendor-kit/reply.ts';
import type { FakeUser, Organisation } from './fake-records.ts';

/** What the SCIM side of one fake works on; SCIMMY's handlers are the process's, so it goes along as their context. */
interface ScimSide {
  organisation: Organisation;
  /** False: filters are taken and ignored, as Attention's ServiceProviderConfig says. */
  filters: boolean;
}

/** Attention's own SCIM side, users only: reads, and updates of `active` and the name. */
export function scimRoutes(side: ScimSide, isAuthorised: (request: Request) => boolean): Router {
  declareUser();
  const routes = express.Router();
  routes.use((request, _response, next) => {
    if (request.body) request.body = parseJson(request.body);
    // SCIMMY's router rewrites the query in place, which Express 5 forgets unless it is a property of its own.
    Object.defineProperty(request, 'query', { value: { ...request.query }, writable: true });
    next();
  });
  routes.use(
    new SCIMMYRouters({
      type: 'bearer',
      context: () => side,
      handler: (request) => {
        if (!isAuthorised(request)) throw new Error('Unauthorized');
        return 'causeway';
      },
    }),
  );
  return routes;
}

function declareUser(): void {
  SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .egress((resource, context: ScimSide) => {
      const users = context.organisation.users.all();
      if (resource.id) return toScim(userById(context, resource.id));
      const wanted = context.filters ? wantedUserName(resource.filter) : undefined;
      return users.filter((user) => wanted === undefined || fold(user.email) === fold(wanted)).map(toScim);
    })
    .ingress(async (resource, instance, context: ScimSide) => {
      if (!resource.id) throw new SCIMMY.Types.Error(403, '', 'Users are not created through SCIM');
      const user = userById(context, resource.id);
      const deactivatedAt =
        instance.active === false ? (user.deactivatedAt ?? new Date().toISOString()) : null;
      const firstName = instance.name?.givenName ?? user.firstName;
      const lastName = instance.name?.familyName ?? user.lastName;
      const changed = { ...user, deactivatedAt, firstName, lastName };
      await context.organisation.users.put(user.uuid, changed);
      return toScim(changed);
    });
}

/** SCIMMY's parsed filter of `userName eq "…"`, the only one that this fake applies. */
function wantedUserName(filter: unknown): string | undefined {
  if (!Array.isArray(filter)) return undefined;
  const [operator, value] = filter[0]?.userName ?? [];
  return operator === 'eq' ? String(value) : undefined;
}

function userById({ organisation }: ScimSide, id: string): FakeUser {
  const user = organisation.users.all().find((one) => one.scimId === id);
  if (!user) throw new SCIMMY.Types.Error(404, '', `Resource ${id} not found`);
  return user;
}

function toScim(user: FakeUser) {
  return {
    id: user.scimId,
    userName: user.email,
    name: { givenName: user.firstName, familyName: user.lastName },
    emails: [{ value: user.email, primary: true }],
    active: user.deactivatedAt === null,
  };
}
