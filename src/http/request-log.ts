import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '../core/ports.ts';
import { requestIdOf } from '../scim/context.ts';
import type { Metrics } from './metrics.ts';
import { nameRoute } from './route.ts';

const QUIET = ['/healthz', '/readyz', '/metrics'];
const LONGEST_TEXT = 200;

/** Why a request was answered 401: the operator's log says it, the answer never does. */
export type Refusal =
  | 'no-credential'
  | 'malformed-credential'
  | 'unknown-connection'
  | 'other-user-name'
  | 'unknown-token'
  | 'token-of-another-connection'
  | 'expired-token'
  | 'revoked-token';

export function setRefusal(response: Response, refusal: Refusal): void {
  response.locals['refusal'] = refusal;
}

/** One line and one measurement a request, when it is over; the path without its query, which may hold personal data. */
export function logRequests(log: Log, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const path = pathOf(request);
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      metrics.request(request.method, nameRoute(path), response.statusCode, durationMs);
      const fields = {
        requestId: requestIdOf(response),
        method: request.method,
        path: path.slice(0, LONGEST_TEXT),
        status: response.statusCode,
        ms: Math.round(durationMs * 10) / 10,
        connection: connectionId(response),
        reason: response.locals['refusal'] as Refusal | undefined,
        aborted: response.writableFinished ? undefined : true,
        ip: request.ip,
        userAgent: request.get('User-Agent')?.slice(0, LONGEST_TEXT),
      };
      if (response.statusCode >= 500) log.error(fields, 'Request failed');
      else if (response.statusCode === 401) log.warn(fields, 'Request refused');
      else if (QUIET.includes(path)) log.debug(fields, 'Request answered');
      else log.info(fields, 'Request answered');
    });
    next();
  };
}

function pathOf(request: Request): string {
  return request.originalUrl.split('?', 1).join('');
}

/** Absent before authentication: what an unknown caller wrote in the path is in the path. */
function connectionId(response: Response): string | undefined {
  const connection = response.locals['connection'] as { id: string } | undefined;
  return connection?.id;
}
