import type { RequestHandler } from 'express';
import { newId } from '../core/ids.ts';
import { setRequestId } from '../scim/context.ts';

const SANE = /^[A-Za-z0-9._-]{8,64}$/;

/** Names the request in its answer, its log lines and its errors; an id that a proxy gave it is kept. */
export const identifyRequest: RequestHandler = (request, response, next) => {
  const given = request.get('X-Request-Id');
  const id = given !== undefined && SANE.test(given) ? given : newId();
  setRequestId(response, id);
  response.setHeader('X-Request-Id', id);
  next();
};
