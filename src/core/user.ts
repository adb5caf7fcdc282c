import { fold } from './fold.ts';
import type { ConnectionId, GroupId, UserId } from './ids.ts';
import { isJsonObject, type JsonObject } from './json.ts';

export const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/**
 * A User as the identity provider pushed it. `document` is canonical SCIM (RFC 7643 names and types) without
 * `id`, `schemas`, `meta`, `groups` and `password`; extension attributes stand under their URN.
 */
export interface User {
  connectionId: ConnectionId;
  id: UserId;
  userName: string;
  document: JsonObject;
  /** Raised by every write; rendered as the weak ETag. */
  version: number;
  /** Epoch ms. */
  createdAt: number;
  modifiedAt: number;
}

/** A Group; its members are rows of their own and never part of `document`. */
export interface Group {
  connectionId: ConnectionId;
  id: GroupId;
  displayName: string;
  document: JsonObject;
  memberCount: number;
  version: number;
  createdAt: number;
  modifiedAt: number;
}

export interface Member {
  value: string;
  type: 'User' | 'Group';
  display: string | null;
}

/** A missing `active` is true (design: default policies). */
export function isActive(document: JsonObject): boolean {
  return document['active'] !== false;
}

/** The User's e-mail values, as they were pushed. */
export function emailValues(document: JsonObject): string[] {
  const emails = Array.isArray(document['emails']) ? document['emails'] : [];
  const values = emails.map((email) => (isJsonObject(email) ? email['value'] : undefined));
  return values.filter((value) => typeof value === 'string');
}

/** The User's e-mail values, folded, each once: what look-ups by address read. */
export function emailKeys(document: JsonObject): string[] {
  return [...new Set(emailValues(document).map(fold))];
}
