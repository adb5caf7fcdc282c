import type { Request, Response } from 'express';
import type { JsonObject } from '../core/json.ts';
import { sendJson } from './answer.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { MAX_BULK_OPERATIONS } from './bulk-request.ts';
import type { Scope } from './context.ts';
import { ScimError } from './errors.ts';
import { LIST_URN } from './list.ts';
import { DEFAULT_COUNT, MAX_COUNT } from './query.ts';
import { type ResourceSchema, schemaDocument } from './schema.ts';

/** RFC 7644 §4: a filter on discovery is forbidden, other query parameters are ignored. */
function refuseFilter(request: Request): void {
  if (request.query['filter'] === undefined) return;
  throw new ScimError(
    403,
    undefined,
    'Discovery documents cannot be filtered. Repeat the request without a filter.',
  );
}

function list(resources: JsonObject[]): JsonObject {
  return {
    schemas: [LIST_URN],
    totalResults: resources.length,
    itemsPerPage: resources.length,
    startIndex: 1,
    Resources: resources,
  };
}

function byId(resources: JsonObject[], id: unknown, kind: string): JsonObject {
  const wanted = String(id).toLowerCase();
  const found = resources.find((resource) => String(resource['id']).toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new ScimError(404, undefined, `This connection has no such ${kind}. Its list names all there are.`);
}

/** RFC 7643 §5 and, for `pagination`, RFC 9865 §4: what this server really does. */
function serviceProviderConfig(scope: Scope): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: MAX_BULK_OPERATIONS, maxPayloadSize: MAX_BODY_BYTES },
    filter: { supported: true, maxResults: MAX_COUNT },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: DEFAULT_COUNT,
      maxPageSize: MAX_COUNT,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: "One of the connection's tokens in the Authorization header.",
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
      {
        type: 'httpbasic',
        name: 'HTTP Basic',
        description: "The connection's id as the user name and one of its tokens as the password.",
        specUri: 'https://www.rfc-editor.org/info/rfc7617',
        primary: false,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${scope.base}/ServiceProviderConfig` },
  };
}

function resourceType(scope: Scope, schema: ResourceSchema): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: schema.resource,
    name: schema.name,
    description: schema.description,
    endpoint: `/${schema.resource}s`,
    schema: schema.urn,
    schemaExtensions: schema.extensions.map(({ urn, required }) => ({ schema: urn, required })),
    meta: { resourceType: 'ResourceType', location: `${scope.base}/ResourceTypes/${schema.resource}` },
  };
}

function resourceTypes(scope: Scope): JsonObject[] {
  return [resourceType(scope, scope.schemas.user), resourceType(scope, scope.schemas.group)];
}

function schemas(scope: Scope): JsonObject[] {
  const { user, group } = scope.schemas;
  return [user, group, ...user.extensions, ...group.extensions].map((source) =>
    schemaDocument(source, `${scope.base}/Schemas/${source.urn}`),
  );
}

export function getServiceProviderConfig(scope: Scope, request: Request, response: Response): void {
  refuseFilter(request);
  sendJson(request, response, 200, serviceProviderConfig(scope));
}

export function getResourceTypes(scope: Scope, request: Request, response: Response): void {
  refuseFilter(request);
  sendJson(request, response, 200, list(resourceTypes(scope)));
}

export function getResourceType(scope: Scope, request: Request, response: Response): void {
  refuseFilter(request);
  sendJson(request, response, 200, byId(resourceTypes(scope), request.params['id'], 'resource type'));
}

export function getSchemas(scope: Scope, request: Request, response: Response): void {
  refuseFilter(request);
  sendJson(request, response, 200, list(schemas(scope)));
}

export function getSchema(scope: Scope, request: Request, response: Response): void {
  refuseFilter(request);
  sendJson(request, response, 200, byId(schemas(scope), request.params['id'], 'schema'));
}
