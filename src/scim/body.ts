import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ScimError } from './errors.ts';

export const MAX_BODY_BYTES = 1_048_576;
/** A group's PUT carries all of its members. */
export const MAX_GROUP_BODY_BYTES = 8_388_608;
const MAX_DEPTH = 50;
const TYPES = ['application/scim+json', 'application/json'];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;

/** Counted on the bytes, so that a hostile body is never built in memory. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === OPEN_BRACKET || byte === OPEN_CURLY) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_CURLY) depth -= 1;
  }
  return false;
}

/** Where the closing quote of the text that starts at `start` stands, or the end of a body that has none. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
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
