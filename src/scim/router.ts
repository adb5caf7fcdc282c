import type { Request, RequestHandler, Response } from 'express';
import { sendNothing } from './answer.ts';
import { postBulk } from './bulk.ts';
import { connectionOf, requestIdOf, type ScimOptions, type Scope } from './context.ts';
import {
  getResourceType,
  getResourceTypes,
  getSchema,
  getSchemas,
  getServiceProviderConfig,
} from './discovery.ts';
import { ScimError } from './errors.ts';
import * as groups from './group-routes.ts';
import { resourceSchemas } from './schema.ts';
import { searchAll, searchGroups, searchUsers } from './search.ts';
import * as users from './user-routes.ts';

type Handler = (scope: Scope, request: Request, response: Response) => Promise<void> | void;
type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>;

/**
 * RFC 7644 §3.2, by the path's first segment and what follows it; `:id` is any text. HEAD is answered as GET without its body, OPTIONS
 * and what is missing from this table itself. A table and not a chain of routes: every request is looked up in it.
 */
const ROUTES: Readonly<Record<string, Methods>> = {
  '/users': { GET: users.getUsers, POST: users.postUser },
  '/users/.search': { POST: searchUsers },
  '/users/:id': {
    GET: users.getUser,
    PUT: users.putUser,
    PATCH: users.patchUserById,
    DELETE: users.deleteUser,
  },
  '/groups': { GET: groups.getGroups, POST: groups.postGroup },
  '/groups/.search': { POST: searchGroups },
  '/groups/:id': {
    GET: groups.getGroup,
    PUT: groups.putGroup,
    PATCH: groups.patchGroupById,
    DELETE: groups.deleteGroup,
  },
  '/.search': { POST: searchAll },
  '/bulk': { POST: postBulk },
  '/serviceproviderconfig': { GET: getServiceProviderConfig },
  '/resourcetypes': { GET: getResourceTypes },
  '/resourcetypes/:id': { GET: getResourceType },
  '/schemas': { GET: getSchemas },
  '/schemas/:id': { GET: getSchema },
};

/** `path` begins with a slash and may end with one; endpoints are written in any case. Undefined: there is no such endpoint. */
function findRoute(path: string): { methods: Methods; id?: string } | undefined {
  const end = path.length > 1 && path.endsWith('/') ? path.length - 1 : path.length;
  const slash = path.indexOf('/', 1);
  const methodsOf = (route: string) => (Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined);
  if (slash < 0 || slash >= end) {
    const methods = methodsOf(path.slice(0, end).toLowerCase());
    return methods && { methods };
  }
  const endpoint = path.slice(0, slash).toLowerCase();
  const id = path.slice(slash + 1, end);
  if (id === '' || id.includes('/')) return undefined;
  const search = id.toLowerCase() === '.search' ? methodsOf(`${endpoint}/.search`) : undefined;
  if (search !== undefined) return { methods: search };
  const methods = methodsOf(`${endpoint}/:id`);
  return methods && { methods, id: decodeId(id) };
}

function decodeId(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch (cause) {
    const detail = 'The id in the address has a broken percent-encoding.';
    throw new ScimError(400, undefined, detail, { cause });
  }
}

function scopeOf(options: ScimOptions, response: Response): Scope {
  const connection = connectionOf(response);
  return {
    ...options,
    connection,
    requestId: requestIdOf(response),
    schemas: resourceSchemas(options.schemaOf(connection.vendor)),
    base: `${options.publicUrl()}/scim/${connection.id}/v2`,
    waitMs: connection.policies.waitMs,
  };
}

function allowedMethods(methods: Methods): string {
  const head = methods.GET === undefined ? [] : ['HEAD'];
  return [...Object.keys(methods), ...head, 'OPTIONS'].join(', ');
}

async function dispatch(options: ScimOptions, request: Request, response: Response): Promise<void> {
  const route = findRoute(request.path);
  if (route === undefined) throw unknownEndpoint(request.path);
  const { methods, id } = route;
  if (id !== undefined) request.params['id'] = id;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const handler = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined;
  if (handler !== undefined) return handler(scopeOf(options, response), request, response);
  response.setHeader('Allow', allowedMethods(methods));
  if (method === 'OPTIONS') return sendNothing(response, 204);
  throw new ScimError(405, undefined, `This endpoint takes ${allowedMethods(methods)}, not ${method}.`);
}

function unknownEndpoint(path: string): ScimError {
  if (/^\/me\/?$/i.test(path)) {
    return new ScimError(
      501,
      undefined,
      'A token stands for the identity provider and not for a person, so there is no /Me. Use /Users.',
    );
  }
  return new ScimError(
    404,
    undefined,
    'There is no such SCIM endpoint. /ResourceTypes names those there are.',
  );
}

/**
 * The SCIM endpoints of one connection, to be mounted at `/scim/:connection/v2` after authentication has called
 * `setConnection`, and before `scimErrorHandler`.
 */
export function scimRouter(options: ScimOptions): RequestHandler {
  return (request, response) => dispatch(options, request, response);
}
