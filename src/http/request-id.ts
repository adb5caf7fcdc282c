import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { setRequestId } from '../scim/context.ts';

const SANE = /^[A-Za-z0-9._-]{8,64}$/;

/** Names the request in its answer, its log lines and its errors; an id that a proxy gave it is kept. */
export function identifyRequest(request: Request, response: Response): void {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && SANE.test(given) ? given : randomUUID();
  setRequestId(response, id);
  response.setHeader('X-Request-Id', id);
}
