import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Json } from '../core/json.ts';
import { requestIdOf } from './context.ts';
import { type ScimError, scimErrorBody } from './errors.ts';

const SCIM_JSON = 'application/scim+json';
const PLAIN_JSON = 'application/json';
const SHORT_CHARACTERS = 8192;
/** Answers up to this many characters are sent whole, with their length and, where reading fails, a true status. */
const BUFFERED_CHARACTERS = 262_144;
/** Longer ones go on in parts of this many: larger texts outlive the quick collection of garbage. */
const STREAMED_CHARACTERS = 65_536;

/** `application/json` only where the client accepts that and not SCIM's own type (RFC 7644 §3.1). */
function answerType(request: Request): string {
  const { accept = '*/*' } = request.headers;
  if (accept === SCIM_JSON || accept === '*/*') return SCIM_JSON;
  const accepted = accept.split(',').map((range) => range.split(';', 1).join('').trim().toLowerCase());
  const acceptsScim = accepted.some((range) => [SCIM_JSON, 'application/*', '*/*'].includes(range));
  return !acceptsScim && accepted.includes(PLAIN_JSON) ? PLAIN_JSON : SCIM_JSON;
}

/** Sends through `end`, because Express's own `send` would add a charset to the type and a hash as the ETag. */
export function sendText(request: Request, response: Response, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', answerType(request));
  // A short text goes out together with the headers; a long one is encoded once, not measured and then encoded.
  const body = text.length < SHORT_CHARACTERS ? text : Buffer.from(text);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function sendJson(request: Request, response: Response, status: number, body: Json): void {
  sendText(request, response, status, JSON.stringify(body));
}

export function sendNothing(response: Response, status: 204 | 304): void {
  response.status(status).end();
}

async function* joined(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let text = '';
  let wanted = BUFFERED_CHARACTERS;
  for await (const piece of pieces) {
    text += piece;
    if (text.length < wanted) continue;
    yield text;
    text = '';
    wanted = STREAMED_CHARACTERS;
  }
  yield text;
}

/** Sends the pieces of one JSON text as they come; the client's pace holds back the reading. */
export async function sendPieces(
  request: Request,
  response: Response,
  status: number,
  pieces: AsyncIterable<string>,
): Promise<void> {
  const chunks = joined(pieces);
  const first = (await chunks.next()).value ?? '';
  const second = await chunks.next();
  if (second.done === true) return sendText(request, response, status, first);
  response.status(status).setHeader('Content-Type', answerType(request));
  if (request.method === 'HEAD') {
    await chunks.return();
    response.end();
    return;
  }
  await pipeline(async function* () {
    yield first;
    yield second.value;
    yield* chunks;
  }, response);
}

/** Every failure's answer (RFC 7644 §3.12), with the request id under a key of its own, which clients skip. */
export function sendError(request: Request, response: Response, error: ScimError): void {
  if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
  const requestId = requestIdOf(response);
  const body = scimErrorBody(error);
  sendJson(
    request,
    response,
    error.status,
    requestId === '' ? body : { ...body, 'urn:causeway:requestId': requestId },
  );
}
