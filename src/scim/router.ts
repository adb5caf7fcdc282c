import { type Request, type Response, Router } from 'express';
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

/** RFC 7644 §3.2. HEAD is answered as GET without its body, OPTIONS and what is missing from this table itself. */
const ROUTES: readonly [path: string, methods: Methods][] = [
  ['/Users', { GET: users.getUsers, POST: users.postUser }],
  ['/Users/.search', { POST: searchUsers }],
  [
    '/Users/:id',
    { GET: users.getUser, PUT: users.putUser, PATCH: users.patchUserById, DELETE: users.deleteUser },
  ],
  ['/Groups', { GET: groups.getGroups, POST: groups.postGroup }],
  ['/Groups/.search', { POST: searchGroups }],
  [
    '/Groups/:id',
    { GET: groups.getGroup, PUT: groups.putGroup, PATCH: groups.patchGroupById, DELETE: groups.deleteGroup },
  ],
  ['/.search', { POST: searchAll }],
  ['/Bulk', { POST: postBulk }],
  ['/ServiceProviderConfig', { GET: getServiceProviderConfig }],
  ['/ResourceTypes', { GET: getResourceTypes }],
  ['/ResourceTypes/:id', { GET: getResourceType }],
  ['/Schemas', { GET: getSchemas }],
  ['/Schemas/:id', { GET: getSchema }],
];

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

async function dispatch(
  options: ScimOptions,
  methods: Methods,
  request: Request,
  response: Response,
): Promise<void> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const handler = Object.hasOwn(methods, method) ? methods[method as keyof Methods] : undefined;
  if (handler !== undefined) return handler(scopeOf(options, response), request, response);
  response.setHeader('Allow', allowedMethods(methods));
  if (method === 'OPTIONS') return sendNothing(response, 204);
  throw new ScimError(405, undefined, `This endpoint takes ${allowedMethods(methods)}, not ${method}.`);
}

/**
 * The SCIM endpoints of one connection, to be mounted at `/scim/:connection/v2` after authentication has called
 * `setConnection`, and before `scimErrorHandler`.
 */
export function scimRouter(options: ScimOptions): Router {
  const router = Router();
  for (const [path, methods] of ROUTES) {
    router.all(path, (request, response) => dispatch(options, methods, request, response));
  }
  router.all('/Me', () => {
    throw new ScimError(
      501,
      undefined,
      'A token stands for the identity provider and not for a person, so there is no /Me. Use /Users.',
    );
  });
  router.use(() => {
    throw new ScimError(
      404,
      undefined,
      'There is no such SCIM endpoint. /ResourceTypes names those there are.',
    );
  });
  return router;
}
