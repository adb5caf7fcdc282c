import type { Request } from 'express';
import { VersionMismatch } from '../core/errors.ts';

/** The weak entity tag of a resource's version (RFC 7644 §3.14). */
export function versionTag(version: number): string {
  return `W/"${version}"`;
}

/** Weak comparison (RFC 9110 §8.8.3.2) with a list of tags or `*`. */
function names(tags: string, version: number): boolean {
  return tags
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag.replace(/^W\//, '') === `"${version}"`);
}

/** A check to be made inside the write's transaction, on the version that is about to be replaced. */
export type Precondition = (current: { version: number }) => void;

/** `tags`: an `If-Match` header, or the `version` of a Bulk operation; without it everything passes. */
export function ifMatch(tags: string | undefined): Precondition {
  return (current) => {
    if (tags === undefined || names(tags, current.version)) return;
    throw new VersionMismatch(
      `The resource has changed: its version is ${versionTag(current.version)}. Read it again and repeat the change.`,
    );
  };
}

export function requestPrecondition(request: Request): Precondition {
  return ifMatch(request.headers['if-match']);
}

/** Whether the client's copy is still the newest: the answer is 304. */
export function isUnchanged(request: Request, version: number): boolean {
  const tags = request.headers['if-none-match'];
  return tags !== undefined && names(tags, version);
}
