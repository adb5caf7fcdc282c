import type { JsonObject } from '../../src/core/json.ts';

/** What one request came back with; `body` is `{}` where there is none. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: JsonObject;
}

/** A connection of its own with an empty directory. */
export interface Scim {
  /** The base URL in locations, without a slash at the end. */
  base: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The User made, as answered; `userName` is made up where it is not given. */
  user(attributes?: object): Promise<JsonObject>;
  group(attributes?: object): Promise<JsonObject>;
}

export interface Rule {
  /** `RFC 7644 §3.4.2.2` */
  section: string;
  /** The rule in a sentence, as docs/conformance.md shows it. */
  says: string;
  /** Throws where the server does not hold to it. */
  holds(scim: Scim): Promise<void>;
}

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const VENDOR = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';
export const MESSAGE = 'urn:ietf:params:scim:api:messages:2.0';

export function patch(...operations: object[]): object {
  return { schemas: [`${MESSAGE}:PatchOp`], Operations: operations };
}

/** The resources of a list. */
export function resourcesOf({ body }: Pick<Answer, 'body'>): JsonObject[] {
  const resources = body['Resources'];
  return Array.isArray(resources) ? (resources as JsonObject[]) : [];
}

/** The names of a list's resources, in its order. */
export function namesOf(answer: Pick<Answer, 'body'>): unknown[] {
  return resourcesOf(answer).map(({ userName, displayName }) => userName ?? displayName);
}
