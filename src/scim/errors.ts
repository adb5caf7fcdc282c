import { CausewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

const ERROR_URN = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** The error keywords of RFC 7644 §3.12 and, for cursors, RFC 9865 §2.1. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount';

/** A refusal as the identity provider is told it; `detail` is a sentence that says what its admin can do. */
export class ScimError extends CausewayError {
  readonly code = 'SCIM';
  /** HTTP status. */
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly detail: string;
  /** For the `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    scimType: ScimType | undefined,
    detail: string,
    options: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.scimType = scimType;
    this.detail = detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The body of RFC 7644 §3.12: `status` is a text there. */
export function scimErrorBody(error: ScimError): JsonObject {
  return {
    schemas: [ERROR_URN],
    status: String(error.status),
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    detail: error.detail,
  };
}
