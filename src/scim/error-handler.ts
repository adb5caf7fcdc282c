import type { ErrorRequestHandler } from 'express';
import { NotUnique, ReadTooLong, StoreUnavailable, UnknownMembers, VersionMismatch } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';
import { sendError } from './answer.ts';
import { requestIdOf } from './context.ts';
import { ScimError } from './errors.ts';

const RETRY_AFTER_SECONDS = 5;

/** What body-parser's error types mean (github.com/expressjs/body-parser, "Errors"); its own texts quote the body. */
const BODY_ERRORS: Record<string, () => ScimError> = {
  'entity.too.large': () =>
    new ScimError(
      413,
      undefined,
      'The body is too large: at most 1 MiB, for Groups 8 MiB. Send less in one request.',
    ),
  'encoding.unsupported': () =>
    new ScimError(415, undefined, 'The Content-Encoding is not supported. Send the body plain or as gzip.'),
  'charset.unsupported': () =>
    new ScimError(415, undefined, 'The charset is not supported. Send the body as UTF-8.'),
};

function property(error: unknown, name: 'type' | 'status' | 'code'): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Record<typeof name, unknown>)[name]
    : undefined;
}

/** Express's and body-parser's own complaints about a request; undefined for a defect. */
function requestError(error: unknown): ScimError | undefined {
  const type = property(error, 'type');
  const known = typeof type === 'string' && Object.hasOwn(BODY_ERRORS, type) ? BODY_ERRORS[type] : undefined;
  if (known !== undefined) return known();
  const status = property(error, 'status');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new ScimError(
    status,
    undefined,
    'The request could not be read. Check its address, headers and body.',
  );
}

/** What the client is told of a failure; undefined where only the log may say. */
function toScimError(error: unknown): ScimError | undefined {
  if (error instanceof ScimError) return error;
  if (error instanceof NotUnique) return new ScimError(409, 'uniqueness', error.message);
  if (error instanceof UnknownMembers) {
    return new ScimError(400, 'invalidValue', `${error.message}. Push them first, then the Group.`);
  }
  if (error instanceof ReadTooLong) return new ScimError(400, 'tooMany', error.message);
  if (error instanceof VersionMismatch) return new ScimError(412, undefined, error.message);
  if (error instanceof StoreUnavailable) {
    return new ScimError(
      503,
      undefined,
      'The directory cannot be read or written at the moment. Nothing was changed; try again shortly.',
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
  return requestError(error);
}

/** What the client is told. A defect's stack goes to the log alone, with the request id that the client is given. */
export function failureOf(log: Log, requestId: string, error: unknown): ScimError {
  const known = toScimError(error);
  if (error instanceof StoreUnavailable) {
    log.error({ err: error, requestId }, 'The store could not be read or written for a SCIM request.');
  }
  if (known !== undefined) return known;
  log.error({ err: error, requestId }, 'An unexpected error ended a SCIM request.');
  return new ScimError(
    500,
    undefined,
    'An unexpected error happened. Give the request id to the operator of this service.',
  );
}

/** The last handler of the SCIM mount: whatever went wrong is answered as a SCIM error. */
export function scimErrorHandler(log: Log): ErrorRequestHandler {
  return (error, request, response, _next) => {
    // The client has hung up while its answer was being sent.
    if (property(error, 'code') === 'ERR_STREAM_PREMATURE_CLOSE') return;
    const failure = failureOf(log, requestIdOf(response), error);
    if (response.headersSent || response.destroyed) response.destroy();
    else sendError(request, response, failure);
  };
}
