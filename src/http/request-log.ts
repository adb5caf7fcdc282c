import type { Request, Response } from 'express';
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
export function requestLog(log: Log, metrics: Metrics): (request: Request, response: Response) => void {
  return (request, response) => {
    const startedAt = performance.now();
    const path = pathOf(request.originalUrl);
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      const { statusCode: status } = response;
      metrics.request(request.method, nameRoute(path), status, durationMs);
      const fields = {
        requestId: requestIdOf(response),
        method: request.method,
        path: path.slice(0, LONGEST_TEXT),
        status,
        ms: Math.round(durationMs * 10) / 10,
        connection: connectionId(response),
        reason: response.locals['refusal'] as Refusal | undefined,
        aborted: response.writableFinished ? undefined : true,
        ip: request.ip,
        userAgent: request.headers['user-agent']?.slice(0, LONGEST_TEXT),
      };
      if (status >= 500) log.error(fields, 'Request failed');
      else if (status === 401) log.warn(fields, 'Request refused');
      else if (QUIET.includes(path)) log.debug(fields, 'Request answered');
      else log.info(fields, 'Request answered');
    });
  };
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** Absent before authentication: what an unknown caller wrote in the path is in the path. */
function connectionId(response: Response): string | undefined {
  const connection = response.locals['connection'] as { id: string } | undefined;
  return connection?.id;
}
