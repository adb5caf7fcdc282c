import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ScimError } from './errors.ts';
import { parseJson } from './json-text.ts';

export const MAX_BODY_BYTES = 1_048_576;
/** A group's PUT carries all of its members. */
export const MAX_GROUP_BODY_BYTES = 8_388_608;
const TYPES = ['application/scim+json', 'application/json'];

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
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]*)/i.exec(header) ?? [];
  if (!charset.toLowerCase().startsWith('utf-')) {
    throw new ScimError(415, undefined, 'The charset is not supported. Send the body as UTF-8.');
  }
}

function textReader(limit: number): RequestHandler {
  return express.text({ type: () => true, limit, defaultCharset: 'utf-8' });
}

const readers = new Map([MAX_BODY_BYTES, MAX_GROUP_BODY_BYTES].map((limit) => [limit, textReader(limit)]));

/** Reads the JSON object that the request carries; `limit` is one of this file's two. */
export async function readBody(request: Request, response: Response, limit: number): Promise<JsonObject> {
  const read = readers.get(limit) ?? textReader(limit);
  checkType(request);
  await new Promise<void>((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => (error === undefined ? resolve() : reject(error));
    read(request, response, next);
  });
  const text: unknown = request.body;
  const body = typeof text === 'string' && text !== '' ? await parseJson(text) : undefined;
  if (!isJsonObject(body)) {
    throw new ScimError(400, 'invalidSyntax', 'The request needs a JSON object as its body.');
  }
  return body;
}
