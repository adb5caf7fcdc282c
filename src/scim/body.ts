import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ScimError } from './errors.ts';

export const MAX_BODY_BYTES = 1_048_576;
/** A group's PUT carries all of its members. */
export const MAX_GROUP_BODY_BYTES = 8_388_608;
const MAX_DEPTH = 50;
const TYPES = ['application/scim+json', 'application/json'];

const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counted on the bytes, so that a hostile body is never built in memory. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPEN.has(byte)) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (CLOSE.has(byte)) depth -= 1;
  }
  return false;
}

function refuseDepth(_request: unknown, _response: unknown, bytes: Buffer): void {
  if (isTooDeep(bytes)) {
    throw new ScimError(
      400,
      'invalidSyntax',
      `The body nests objects and lists more than ${MAX_DEPTH} deep. Send it with less nesting.`,
    );
  }
}

/** A body without a Content-Type is taken as JSON; one of any other type is refused (RFC 7644 §3.1). */
function checkType(request: Request): void {
  const header = request.headers['content-type'];
  if (header === undefined) return;
  const type = header.split(';', 1).join('').trim().toLowerCase();
  if (!TYPES.includes(type)) {
    throw new ScimError(
      415,
      undefined,
      'The Content-Type is not supported. Send application/scim+json or application/json.',
    );
  }
}

function bodyParser(limit: number): RequestHandler {
  return express.json({ type: () => true, limit, verify: refuseDepth });
}

const parsers = new Map([MAX_BODY_BYTES, MAX_GROUP_BODY_BYTES].map((limit) => [limit, bodyParser(limit)]));

/** Reads the JSON object that the request carries; `limit` is one of this file's two. */
export async function readBody(request: Request, response: Response, limit: number): Promise<JsonObject> {
  const parse = parsers.get(limit) ?? bodyParser(limit);
  checkType(request);
  await new Promise<void>((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => (error === undefined ? resolve() : reject(error));
    parse(request, response, next);
  });
  const body: unknown = request.body;
  if (!isJsonObject(body)) {
    throw new ScimError(400, 'invalidSyntax', 'The request needs a JSON object as its body.');
  }
  return body;
}
